"""Who asks and how often they may: tokens, registered clients, scopes and namespaces, actors, rate limits.

This area owns the items of clients, refresh tokens, revoked tokens and rate counters. ``rules`` decides from values.

Open first: ``rules/principal.py`` (what a caller may see and do), then ``verifier.py`` and ``limiter.py``.
"""
