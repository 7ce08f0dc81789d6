"""Subscriptions, deliveries and the usage of concurrency limits in the table."""
