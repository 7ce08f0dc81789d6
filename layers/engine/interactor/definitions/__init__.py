"""Workflow definitions: judged, compiled, kept with their versions, and drawn.

It owns the items of workflows and versions. ``rules`` has the checks and the compiled form that the engine reads.

Open first: ``rules/check.py`` (is a definition right?), then ``rules/model.py`` (what the engine reads of it).
"""
