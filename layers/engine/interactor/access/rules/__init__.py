"""Who may do what, and how often: decided by values."""
