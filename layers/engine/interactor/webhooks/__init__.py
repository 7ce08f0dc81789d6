"""Webhooks: subscriptions, the relay of history records, deliveries with their attempts, replay and redrive.

This area owns the items of subscriptions, deliveries and concurrency limits. ``rules`` says which events there are,
when the next attempt is and how many may run at once.

Open first: ``relay.py`` (an event becomes messages), then ``deliver.py`` (a message becomes an attempt).
"""
