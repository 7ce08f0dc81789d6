"""Lists whose items are in several partitions, newest first: each partition is read as far as the page may need, and
merged.
"""

import heapq
from collections.abc import Callable, Sequence

from interactor.aws.dynamo.items import Item
from interactor.aws.dynamo.table import Page


def newest(pages: Sequence[Page], place: Callable[[Item], str], limit: int) -> tuple[list[Item], str | None]:
    """Return the first ``limit`` items of several partitions, and the position below which the next page begins.

    One page of each partition was read. ``place`` returns the value by which all pages are sorted, descending. If a
    page has a next one, the order of items beyond its end is not known, and those items are left for the next time. The
    position is None if there are no more items.
    """
    horizon = max((place(page.items[-1]) for page in pages if page.next_key is not None and page.items), default="")
    merged = heapq.merge(*(page.items for page in pages), key=place, reverse=True)
    known = [item for item in merged if place(item) >= horizon]
    if len(known) > limit:
        return known[:limit], place(known[limit - 1])
    return known, horizon or None
