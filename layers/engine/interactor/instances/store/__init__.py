"""Instances in the table: heads, bulk, history, errors, lists."""
