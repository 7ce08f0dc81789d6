"""``X-Interactor-Actor``: the name of the person for whom a client acts (ruling 27).

A name is sent as UTF-8 or as percent-encoded UTF-8. API Gateway and the local run decode UTF-8 in headers. Elsewhere
each byte may arrive as one character (ISO 8859-1, RFC 9110 section 5.5); then the bytes are joined again here.
"""

import re
import unicodedata
from dataclasses import replace
from typing import Final
from urllib.parse import unquote_to_bytes

from interactor.access.rules.principal import Principal
from interactor.core.errors import ActorNotAllowedError, InvalidRequestError

HEADER: Final = "X-Interactor-Actor"
GROUPS_HEADER: Final = "X-Interactor-Groups"
GROUPS: Final = 50
"""Groups that the header names at the most."""
ACTOR_CHARACTERS: Final = 128

_NO_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_JOINERS: Final = "\u200c\u200d"
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffd")
"""Characters that Unicode counts as printable but that show nothing, or replace something unreadable."""


def require_allowed(principal: Principal, header: str | None) -> None:
    """Refuse a name from a client that may not act for people. If the name were ignored, the wrong person would be
    recorded.

    Raises:
        ActorNotAllowedError: there is a header, and the token does not have the right.
    """
    if header is not None and not principal.speaks_for_people:
        raise ActorNotAllowedError


def acting(principal: Principal, header: str | None, groups: str | None = None) -> Principal:
    """Return the principal, acting for the person that the header names; unchanged if there is no header.

    ``groups``: the header with that person's groups, which means nothing without a person.

    Raises:
        InvalidRequestError: when a header is no name, or no list of names.
    """
    if header is None:
        return principal
    person = unicodedata.normalize("NFC", read_name(header))
    return replace(principal, person=person, groups=() if groups is None else read_groups(groups))


def read_groups(header: str) -> tuple[str, ...]:
    """Return the groups in a header: names, percent-encoded where that is needed, with commas between.

    Raises:
        InvalidRequestError: one of them is no name of 1 to 128 printable characters, or there are over 50.
    """
    written = [each for each in header.split(",") if each.strip(" \t")]
    if len(written) > GROUPS:
        problem = f"names {len(written)} groups; at most {GROUPS} are allowed"
        raise InvalidRequestError(f"'{GROUPS_HEADER}' {problem}", [{"field": GROUPS_HEADER, "message": problem}])
    names = (unicodedata.normalize("NFC", read_name(each, GROUPS_HEADER)) for each in written)
    return tuple(dict.fromkeys(names))


def read_name(header: str, field: str = HEADER) -> str:
    """Return the name in a header called ``field``.

    Raises:
        InvalidRequestError: it is not UTF-8, not 1 to 128 printable characters, or could be two headers.
    """
    text = _as_utf8(header.strip(" \t"))
    if "," in text:
        # A header that is sent twice arrives as one, joined by a comma: neither name may be taken for the other.
        raise _wrong(field, "must name one person, and be sent once; a comma in a name is written %2C")
    if _NO_ESCAPE.search(text):
        raise _wrong(field, "has a % that begins no percent-encoded byte; a percent sign in a name is written %25")
    try:
        name = unquote_to_bytes(text).decode("utf-8").strip(" ")
    except ValueError:
        raise _wrong(field, "must be UTF-8, as it is or percent-encoded") from None
    if not 1 <= len(name) <= ACTOR_CHARACTERS or not is_printable(name):
        raise _wrong(field, f"must be 1 to {ACTOR_CHARACTERS} printable characters, as UTF-8 or percent-encoded UTF-8")
    return name


def is_printable(name: str) -> bool:
    """Whether every character of a name is visible.

    Characters of any script are allowed, with the joiners that some scripts need inside a word, and the wide space of
    others between words. Controls, and marks that change the direction of a text, are not.
    """
    return all(
        (character.isprintable() and character not in _BLANK)
        or (0 < place < len(name) - 1 and _belongs(name[place - 1], character, name[place + 1]))
        for place, character in enumerate(name)
    )


def _belongs(before: str, character: str, after: str) -> bool:
    if character in _JOINERS:
        # Scripts with joined letters begin with Hebrew and Arabic. In other scripts a joiner is only an invisible
        # character.
        return all(unicodedata.category(each)[0] in "LM" and each >= "\u0590" for each in (before, after))
    return character == "\u3000" and before.isprintable() and after.isprintable()


def _as_utf8(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8")
    except ValueError:
        return text


def _wrong(field: str, problem: str) -> InvalidRequestError:
    return InvalidRequestError(f"'{field}' {problem}", [{"field": field, "message": problem}])
