"""Amazon Redshift's control plane: clusters that listen, and temporary credentials that open them."""
