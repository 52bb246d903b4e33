"""Volatility-Balancing: a deterministic, guardrail-based trading robot."""
