"""Brokers: each its own object, so that paper cannot reach real money."""
