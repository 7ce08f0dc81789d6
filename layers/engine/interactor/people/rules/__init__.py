"""What decides about ids, memberships and absence, by values alone."""
