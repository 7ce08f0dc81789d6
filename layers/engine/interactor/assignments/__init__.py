"""Assignments: who must decide at a halt, how many of them, by when; and what has come of that so far.

It owns ``Asked`` (what an assignment came to as the halt began) and ``Progress`` (what people did since), the rules of
quorums and of timers. All of it is pure. Open first: ``asked.py``, then ``quorum.py``.
"""
