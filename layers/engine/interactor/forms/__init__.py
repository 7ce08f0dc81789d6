"""Forms of halting states: how one is shown, how an answer is checked, which of it is hidden afterwards.

All of it is values in, values out.

Open first: ``check.py`` (is this an answer, and what does it mean?), then ``field_types.py``.
"""
