"""Groups and people in the table."""
