"""Subscriptions, deliveries and shares in the table."""
