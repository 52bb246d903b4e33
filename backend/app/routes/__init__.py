"""HTTP in, one call of a use case, HTTP out."""
