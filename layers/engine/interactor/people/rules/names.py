"""Ids of people and groups: 1 to 128 printable characters of any script, equal where their NFC is equal.

They come from identity providers and from other systems, so no alphabet is prescribed. What does not show, or turns the
direction of a text, is refused, so that no two ids look the same by that. ``escape`` makes an id a part of a key.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

from interactor.access.rules.actors import is_printable
from interactor.core.errors import InvalidRequestError
from interactor.core.jsons import Json
from interactor.core.names import escape, unescape

__all__ = ["ID_CHARACTERS", "PROBLEM", "escape", "normal", "read_id", "read_ids", "unescape"]

ID_CHARACTERS: Final = 128
PROBLEM: Final = f"must be 1 to {ID_CHARACTERS} printable characters, without a space at either end"


def normal(value: object) -> str | None:
    """Return an id in its normal form (NFC), which is what is stored and compared; None for what is no id."""
    if not isinstance(value, str) or len(value) > ID_CHARACTERS:
        return None  # NFC seldom makes a text longer, and what is far too long need not be made normal to know it
    found = unicodedata.normalize("NFC", value)
    if not 1 <= len(found) <= ID_CHARACTERS or found != found.strip() or not is_printable(found):
        return None
    return found


def read_id(value: Json, field: str) -> str:
    """Return ``value`` as an id in its normal form.

    Raises:
        InvalidRequestError: when it is none, with ``details`` naming ``field``.
    """
    found = normal(value)
    if found is None:
        raise InvalidRequestError(f"'{field}' {PROBLEM}", [{"field": field, "message": PROBLEM}])
    return found


def read_ids(values: Iterable[Json], field: str) -> tuple[str, ...]:
    """Return a list of ids in their normal form, each once, in the order in which they came.

    Raises:
        InvalidRequestError: naming the first 20 that are none by their place in the list.
    """
    found: dict[str, None] = {}
    wrong = []
    for place, value in enumerate(values):
        one = normal(value)
        if one is None:
            wrong.append({"field": f"{field}[{place}]", "message": PROBLEM})
        else:
            found[one] = None
    if wrong:
        raise InvalidRequestError(f"'{field}' holds what is no id; details lists where", wrong[:20])
    return tuple(found)
