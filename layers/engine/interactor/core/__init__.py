"""What every area needs and nothing of the world: ids, JSON, times, paths, templates, conditions, errors, bounds.

All of it is values in, values out. What only one area needs belongs there.

Open first: ``errors.py`` (every refusal there is), then ``limits.py`` (every bound).
"""
