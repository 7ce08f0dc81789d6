"""Who asks and how often they may: tokens, registered clients, scopes and namespaces, actors, rate limits.

It owns the items of clients, of refresh tokens, of revoked tokens and of rate counters. ``rules`` decides by values.

Open first: ``rules/principal.py`` (what a caller may see and do), then ``verifier.py`` and ``limiter.py``.
"""
