"""The logic of a state: scripts, HTTP calls and texts of models, from the definition to a masked outcome.

This area owns the secrets of accounts, which logic may name. ``rules`` prepares calls and masks their results.

Open first: ``run.py`` (runs one piece of logic), then ``rules/calls.py`` and ``rules/masking.py``.
"""
