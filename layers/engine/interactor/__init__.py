"""The workflow engine: everything that the deployed functions share, divided by area, and within an area by kind.

``core`` is the base. ``aws``, ``outgoing`` and ``sandbox`` connect to the outside. Then come the areas ``access``,
``definitions``, ``forms``, ``logic``, ``instances``, ``files`` and ``webhooks``; each may import only those before it.
``services`` combines them, and ``api`` and ``workers`` are the entries. Folders named ``rules``, ``core`` and ``forms``
decide only from values: no boto3, clock, chance or log. ``tests/structure`` checks all of this.
"""
