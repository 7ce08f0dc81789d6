"""Lists whose items lie in several partitions, newest first: as many of each as the page may need, merged."""

import heapq
from collections.abc import Callable, Sequence

from interactor.aws.dynamo.items import Item
from interactor.aws.dynamo.table import Page


def newest(pages: Sequence[Page], place: Callable[[Item], str], limit: int) -> tuple[list[Item], str | None]:
    """The first ``limit`` of several partitions, of each of which a page was read, and the position to go on below.

    ``place`` is what all of them are in the descending order of. Beyond the end of a page that has a next one the other
    partitions' order is not known: what lies there is left for the next time. A position of None: there is no more.
    """
    horizon = max((place(page.items[-1]) for page in pages if page.next_key is not None and page.items), default="")
    merged = heapq.merge(*(page.items for page in pages), key=place, reverse=True)
    known = [item for item in merged if place(item) >= horizon]
    if len(known) > limit:
        return known[:limit], place(known[limit - 1])
    return known, horizon or None
