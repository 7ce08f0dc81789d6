"""Forms of halting states: how one is shown, how an answer is checked, and what is hidden afterwards.

All functions take values and return values.

Open first: ``check.py`` (is this an answer, and what does it mean?), then ``field_types.py``.
"""
