"""The one table: its calls, its keys, how items are packed, copied and remembered."""
