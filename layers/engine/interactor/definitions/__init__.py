"""Workflow definitions: checked, compiled, stored with their versions, and drawn.

This area owns the items of workflows and versions. ``rules`` has the checks and the compiled form that the engine
reads.

Open first: ``rules/check.py`` (is a definition valid?), then ``rules/model.py`` (what the engine reads of it).
"""
