"""Rules of webhooks: which events there are, when an attempt is made, and how many at the same time."""
