"""AWS as all areas use it: the table and its keys, queues, encryption of secrets, and clients.

This area knows no rule of the engine. ``dynamo/keys.py`` has every key of the table, so that no tenant can name
another's item. What an area stores under its keys is up to the area's own store.

Open first: ``dynamo/table.py``, then ``dynamo/keys.py``.
"""
