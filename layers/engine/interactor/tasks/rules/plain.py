"""Texts of tasks where they stand among others' words: in a subject, in a mail, beside a button.

Titles and messages come from the data of instances, and so from anybody. What does not show, or turns the direction of
what follows, could make one text look like another.
"""

import unicodedata
from typing import Final

_JOINERS: Final = "\u200c\u200d"
"""Emoji and several scripts need them between two characters."""
_CUT: Final = "…"


def one_line(text: str, most: int) -> str:
    """Return a text as one line of at most so many characters, without what is hidden."""
    return _cut(" ".join(_shown(text).split()), most)


def lines(text: str, most: int) -> list[str]:
    """Return the lines of a text of at most so many characters, without what is hidden and without a gap of several."""
    found: list[str] = []
    for line in _cut("\n".join(" ".join(_shown(each).split()) for each in text.splitlines()), most).split("\n"):
        if line or (found and found[-1]):
            found.append(line)
    return found[:-1] if found and not found[-1] else found


def _shown(text: str) -> str:
    """Return a text without format and control characters; white space of every kind is a space."""
    return "".join(" " if each.isspace() else each for each in text if each.isspace() or _shows(each))


def _shows(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Cn", "Co")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - len(_CUT)].rstrip() + _CUT
