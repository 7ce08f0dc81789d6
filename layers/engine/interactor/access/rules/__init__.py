"""Rules of access: who may do what, and how often."""
