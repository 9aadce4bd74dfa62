"""What stands in for AWS and for the source systems on one machine; nothing in production imports it."""
