"""The logic of a state: scripts, HTTP calls and texts of models, from the definition's words to a masked outcome.

It owns the secrets of accounts, which logic may name. ``rules`` prepares calls and masks what comes back.

Open first: ``run.py`` (runs one piece of logic), then ``rules/calls.py`` and ``rules/masking.py``.
"""
