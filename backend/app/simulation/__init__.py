"""Bars, execution, metrics: pure computation over the domain."""
