"""What moves an instance, and what that makes of it: decided by values."""
