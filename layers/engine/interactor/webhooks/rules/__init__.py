"""Which events there are, when an attempt is made and how many at once: decided by values."""
