"""AWS as all areas use it: the table and its keys, queues, sealing, and the clients of boto3.

It knows no rule of the engine. Every key of the table stands in ``dynamo/keys.py``, so that a tenant cannot name
another's item; what an area keeps under its keys is its own store's matter.

Open first: ``dynamo/table.py``, then ``dynamo/keys.py``.
"""
