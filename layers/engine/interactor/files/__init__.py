"""Files that people send with a form: announced, uploaded directly to S3, pinned by a resume, deleted after the end.

This area owns the items of files and the contents of the bucket. ``forms`` decides which files a field accepts.

Open first: ``uploads.py``, then ``store.py`` and ``bucket.py``.
"""
