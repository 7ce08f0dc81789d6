"""Instances: the state machine, its one commit per advance, history, quotas, steps and the clock.

It owns the items of instances, their history, their errors and the counters of quotas. ``rules`` decides by values,
``store`` commits and reads, and the modules beside them are the use cases.

Open first: ``resume.py`` (a decision comes in), then ``rules/machine.py`` (what it does) and ``engine.py``.
"""
