"""What source systems deliver, on its way into the landing tables."""
