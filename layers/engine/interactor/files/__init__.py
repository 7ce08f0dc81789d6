"""Files that people send with a form: announced, uploaded past the API, pinned by a resume, deleted after the end.

It owns the items of files and what lies in the bucket. Which file a field takes is decided in ``forms``.

Open first: ``uploads.py``, then ``store.py`` and ``bucket.py``.
"""
