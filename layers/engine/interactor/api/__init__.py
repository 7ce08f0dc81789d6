"""The HTTP side: requests become typed values, answers become JSON, and one place turns errors into the documented
body.

Open first: ``endpoint.py`` (the frame around every function), then ``routes.py`` (every operation).
"""

import gc

# A cold start makes tens of thousands of objects that all stay. Searching them for garbage would take a tenth of it.
gc.set_threshold(50_000, 20, 20)
