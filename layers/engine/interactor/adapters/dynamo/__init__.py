"""The one table: keys, documents, and a store for each kind of item. ``docs/storage.md`` lists the access patterns."""
