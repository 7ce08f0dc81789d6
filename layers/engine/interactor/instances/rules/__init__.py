"""What moves an instance, and what follows from it. All of this decides from values."""
