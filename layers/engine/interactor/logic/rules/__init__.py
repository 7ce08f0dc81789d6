"""Prepares calls from a definition, and masks outcomes. All of this decides from values."""
