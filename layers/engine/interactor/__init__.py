"""The workflow engine: everything the deployed functions share, parted by area, and in an area by kind.

``core`` below all; ``aws``, ``outgoing`` and ``sandbox`` reach out; then the areas ``access``, ``definitions``,
``forms``, ``logic``, ``instances``, ``files`` and ``webhooks``, each of which may import those before it; ``services``
puts them together, and ``api`` and ``workers`` are what is called. Folders named ``rules``, ``core`` and ``forms``
decide by values: no boto3, clock, chance or log. ``tests/structure`` holds all of this.
"""
