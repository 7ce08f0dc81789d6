"""The side of queues, stream and schedule: events become values, one use case each."""

import gc

# A cold start makes tens of thousands of objects that all stay. Searching them for garbage would be a tenth of it.
gc.set_threshold(50_000, 20, 20)
