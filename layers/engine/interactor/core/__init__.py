"""What every area needs: ids, JSON, times, paths, templates, conditions, errors and bounds.

All functions here take values and return values. They use no clock, no chance and no AWS. What only one area needs
belongs to that area.

Open first: ``errors.py`` (every refusal), then ``limits.py`` (every bound).
"""
