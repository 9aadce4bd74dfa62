"""What Lake Formation and Glue say in one account, and the requests that change it."""
