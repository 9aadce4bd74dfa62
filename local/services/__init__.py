"""The services of the local AWS, one folder each, under the service's own AWS name."""
