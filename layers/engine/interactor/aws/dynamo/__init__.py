"""The one table: its calls and keys, how items are packed and copied, and the records of idempotency keys."""
