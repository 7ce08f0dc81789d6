"""Calls prepared from a definition, and outcomes masked: decided by values."""
