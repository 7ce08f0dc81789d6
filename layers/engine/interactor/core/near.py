"""Finds the known name that a misspelt name probably means: ``timout`` is near ``timeout`` (rulings 3, 16, 22)."""

from collections.abc import Iterable
from typing import Final

LONGEST: Final = 64
"""Longest name, in characters, that is compared. Nothing is near a longer one."""

_EDITS = 4
"""With more edits it is another name, however long. The work grows with this and with the length."""

_SHARED = 4
"""Fewest characters of a name that counts as a part of a longer name."""
_UNSAID = str.maketrans("", "", "_-. ")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that ``name`` probably means, or None if none is near.

    A name is near if it differs by at most a third of its characters and at most four edits (a character more, less or
    different, or two exchanged), or if one of the two is a part of the other. Letter case and ``_-.`` do not count. Of
    equally near names, the first wins.
    """
    wanted = _bare(name)
    if not 1 < len(wanted) <= LONGEST:
        return None
    found, best = None, min(max(1, len(wanted) // 3), _EDITS) + 1
    part = None
    for each in known:
        other = _bare(each)
        if not other or len(other) > LONGEST:
            continue
        distance = _distance(wanted, other, best)
        if distance < best:
            found, best = each, distance
        shorter, longer = sorted((wanted, other), key=len)
        if part is None and len(shorter) >= _SHARED and shorter in longer:
            part = each
    return part if found is None else found


def _bare(name: str) -> str:
    return name[: 2 * LONGEST].casefold().translate(_UNSAID)


def _distance(one: str, other: str, most: int) -> int:
    """Return the number of edits between two names (optimal string alignment), or ``most`` if there are that many or
    more.
    """
    if abs(len(one) - len(other)) >= most:
        return most
    before = row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        above, before, row = before, row, [i] + [most] * len(other)
        # Further from the diagonal, the number of edits is at least the distance to it.
        for j in range(max(1, i - most), min(len(other), i + most) + 1):
            right = other[j - 1]
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, above[j - 2] + 1)
            row[j] = cost
        if min(row) >= most and min(before) >= most:
            break
    return min(row[-1], most)
