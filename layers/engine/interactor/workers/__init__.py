"""The side of queues, stream and schedule: events become values, and each has one use case.

Open first: ``steps.py`` (a step message), then ``clock.py``, ``relay.py`` and ``webhooks.py``.
"""

import gc

# A cold start makes tens of thousands of objects that all stay. Searching them for garbage would take a tenth of it.
gc.set_threshold(50_000, 20, 20)
