"""Instances: the state machine, one commit for each advance, history, quotas, steps and the clock.

This area owns the items of instances, their history, their errors and the counters of quotas. ``rules`` decides from
values, ``store`` commits and reads, and the modules beside them are the use cases.

Open first: ``resume.py`` (a decision arrives), then ``rules/machine.py`` (what it does) and ``engine.py``.
"""
