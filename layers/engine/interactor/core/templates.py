"""Templates: texts with ``${path}`` placeholders (ruling 9).

A path has segments joined by dots. A segment has letters and digits of any script, ``_`` and ``-``. A path begins with
``input.``, ``workflow_data.``, ``context.`` or, in HTTP logic, ``secrets.`` (one name). Any other path is looked up as
in conditions. There is no escape: ``$${x}`` is a dollar sign and the value. A ``$`` or a brace alone stands for itself.

A string that is only one placeholder becomes the value with its type, or null if there is no value. In a longer text a
value becomes text: a string as it is, null and missing as an empty text, anything else as JSON with numbers as a person
writes them (``1500``, ``0.00001``). The text of a value is never read as a template.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import quote, urlsplit

from interactor.core import jsons
from interactor.core.jsons import Json
from interactor.core.paths import MISSING, Missing, Path, Scope, split

MAX_RENDERED_BYTES: Final = 512 * 1024

_PATH = re.compile(r"[\w-]+(?:\.[\w-]+)*")
_AFTER_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+[/?#]")
_OPEN, _CLOSE = "${", "}"


class TemplateError(ValueError):
    """A template does not parse, or cannot be filled. ``str()`` of the error is a sentence for the author."""


class SecretNotSetError(TemplateError):
    """A template names a secret that the account has not set (ruling 31)."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The secret '{name}' is not set")
        self.name = name


class RenderedTooLargeError(TemplateError):
    """The filled template would exceed its limit."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The text is larger than {max_bytes} bytes once its placeholders are filled")
        self.max_bytes = max_bytes


@dataclass(frozen=True)
class Template:
    """A parsed text: its constant pieces (``str``) and its placeholders (``Path``), in order."""

    parts: tuple[str | Path, ...]

    @cached_property
    def placeholders(self) -> tuple[Path, ...]:
        """The paths of all placeholders, as often as they appear."""
        return tuple(part for part in self.parts if not isinstance(part, str))

    @property
    def sole(self) -> Path | None:
        """The path, if the text is only one placeholder; else None."""
        only = self.parts[0] if len(self.parts) == 1 else ""
        return None if isinstance(only, str) else only


def parse(text: str) -> Template:
    """Parse a text into a template.

    Raises:
        TemplateError: a placeholder is not closed, is empty, or contains what a path cannot contain.
    """
    parts: list[str | Path] = []
    position = 0
    while (start := text.find(_OPEN, position)) >= 0:
        end = text.find(_CLOSE, start)
        if end < 0:
            raise TemplateError(f"The placeholder at character {start + 1} is not closed: '}}' is missing")
        if start > position:
            parts.append(text[position:start])
        parts.append(_path(text[start + len(_OPEN) : end], start + 1))
        position = end + len(_CLOSE)
    if position < len(text):
        parts.append(text[position:])
    return Template(tuple(parts))


def render(
    value: Json, scope: Scope, max_bytes: int = MAX_RENDERED_BYTES, text_keys: frozenset[str] = frozenset()
) -> Json:
    """Return a JSON value with every string filled. Keys stay as they are, and the given value is not changed.

    A string under one of ``text_keys`` stays a text, even if it is only one placeholder.

    Raises:
        RenderedTooLargeError: the result would have more than ``max_bytes`` as JSON. It is not built first.
        SecretNotSetError: it names a secret that is not set.
        TemplateError: a string does not parse, or names a secret where secrets are not available.
    """
    rendered = _fill(value, scope, _Budget(max_bytes), text_keys)
    # The budget counted texts without quotes, commas and escapes.
    if jsons.size(rendered) > max_bytes:
        raise RenderedTooLargeError(max_bytes)
    return rendered


def render_text(text: str, scope: Scope, max_bytes: int = MAX_RENDERED_BYTES) -> str:
    """Return a string filled as text, even if it is only one placeholder.

    Raises:
        TemplateError: as for ``render``. ``max_bytes`` counts the bytes of the text itself.
    """
    return "".join(_texts(parse(text), scope, _Budget(max_bytes)))


def render_url(url: str, scope: Scope, max_bytes: int = MAX_RENDERED_BYTES) -> str:
    """Return a filled URL. Values are percent-encoded (RFC 3986, with no reserved characters) and cannot change its
    structure.

    The URL must contain scheme and host before the first placeholder. No value can change them, or climb in the path
    with ``..``. In the path, a value must be a text, a number or a boolean. With a missing value the URL would mean
    something else: ``/orders/`` means all orders. In the query a value may be missing and is then empty.

    Raises:
        TemplateError: as for ``render``; also for an invalid URL, or one that would lead elsewhere.
    """
    template = parse(url)
    filled = _Budget(max_bytes)
    pieces: list[str] = []
    shape: list[str] = []
    in_path = True
    for part in template.parts:
        constant = isinstance(part, str)
        if isinstance(part, str):
            piece = part
            in_path = in_path and "?" not in part and "#" not in part
        else:
            value = _value(part, scope)
            if in_path:
                _check_segment(part, value)
            piece = quote(_text(value), safe="")
        filled.spend(piece)
        pieces.append(piece)
        shape.append(piece if constant else "x")
    first = template.parts[0] if template.parts else ""
    target = "".join(pieces)
    if any(character <= " " or character in "\\\x7f" for character in target):
        raise TemplateError("The URL holds a space, a control character or a backslash")
    origin = _origin(first if isinstance(first, str) else "")
    if _origin(target) != origin or (len(template.parts) > 1 and _AFTER_ORIGIN.match(str(first)) is None):
        raise TemplateError("The URL needs its scheme and host written out, and a '/' before the first placeholder")
    if _dots(target) != _dots("".join(shape)):
        raise TemplateError("A value of '.' or '..' would change the path of the URL")
    return target


def render_header(value: Json, scope: Scope, max_bytes: int = MAX_RENDERED_BYTES) -> str:
    """Return the filled value of one header, without space around it. A value that is no string is written as JSON.

    Raises:
        TemplateError: as for ``render``; also for characters that a field value cannot have (RFC 9110, 5.5): line
            breaks and other control characters, and text outside Latin-1.
    """
    text = render_text(value, scope, max_bytes) if isinstance(value, str) else _text(value)
    if any(unicodedata.category(character) == "Cc" and character != "\t" for character in text):
        raise TemplateError("The header's value holds a line break or another control character")
    if any(character > "\xff" for character in text):
        raise TemplateError("The header's value holds characters outside Latin-1, which a header cannot carry")
    return text.strip(" \t")


def secret_names(value: Json) -> set[str]:
    """Return the names of the secrets that the templates in a JSON value mention, so that only those are fetched.

    Raises:
        TemplateError: a string does not parse.
    """
    names: set[str] = set()
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            names.update(path[1] for path in parse(item).placeholders if _is_secret(path))
        elif isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return names


class _Budget:
    """Counts the size of what has been built so far, because a short template can ask for gigabytes."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._left = max_bytes

    def spend(self, text: str) -> None:
        # Characters first: they can be counted without a copy, and each has at least one byte.
        if len(text) <= self._left:
            self.take(len(text) if text.isascii() else len(text.encode("utf-8")))
        else:
            raise RenderedTooLargeError(self._max_bytes)

    def take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise RenderedTooLargeError(self._max_bytes)


def _path(inside: str, place: int) -> Path:
    if not inside:
        raise TemplateError(f"The placeholder at character {place} is empty: write a path such as ${{input.amount}}")
    if _PATH.fullmatch(inside) is None:
        raise TemplateError(
            f"The placeholder '${{{inside[:60]}}}' at character {place} is not a path: "
            "letters, digits, '_' and '-', joined by single dots, and no spaces or expressions"
        )
    path = split(inside)
    if path[0] == "secrets" and len(path) > 2:
        raise TemplateError(f"The placeholder '${{{inside[:60]}}}' must name one secret, as in ${{secrets.API_KEY}}")
    return path


def _is_secret(path: Path) -> bool:
    return path[0] == "secrets" and len(path) == 2


def _value(path: Path, scope: Scope) -> Json | Missing:
    if not _is_secret(path):
        return scope.find(path)
    if scope.secrets is None:
        raise TemplateError(f"The secret '{path[1]}' is out of reach here: secrets can be used in HTTP logic only")
    if path[1] not in scope.secrets:
        raise SecretNotSetError(path[1])
    return scope.secrets[path[1]]


def _text(value: Json | Missing) -> str:
    if value is None or value is MISSING:
        return ""
    return value if isinstance(value, str) else jsons.text(value)


def _check_segment(path: Path, value: Json | Missing) -> None:
    """Refuse a value that a segment of a URL's path cannot have.

    Raises:
        TemplateError: the value is missing, null, empty, an object or a list.
    """
    if value is MISSING or value is None or value == "":
        wrong = "has no value" if value is MISSING else "is null" if value is None else "is empty"
    elif isinstance(value, (dict, list)):
        wrong = "is an object" if isinstance(value, dict) else "is a list"
    else:
        return
    raise TemplateError(f"The URL's path needs ${{{'.'.join(path)}}}, which {wrong}")


def _texts(template: Template, scope: Scope, budget: _Budget) -> list[str]:
    texts: list[str] = []
    for part in template.parts:
        text = part if isinstance(part, str) else _text(_value(part, scope))
        budget.spend(text)
        texts.append(text)
    return texts


def _fill(value: Json, scope: Scope, budget: _Budget, text_keys: frozenset[str]) -> Json:
    if isinstance(value, str):
        return _fill_text(value, scope, budget)
    budget.take(1)
    if isinstance(value, list):
        return [_fill(item, scope, budget, text_keys) for item in value]
    if not isinstance(value, dict):
        return value
    filled: Json = {}
    for key, item in value.items():
        if isinstance(item, str) and key in text_keys:
            filled[key] = "".join(_texts(parse(item), scope, budget))
        else:
            filled[key] = _fill(item, scope, budget, text_keys)
    return filled


def _fill_text(text: str, scope: Scope, budget: _Budget) -> Json:
    if _OPEN not in text:
        budget.spend(text)
        return text
    template = parse(text)
    if template.sole is None:
        return "".join(_texts(template, scope, budget))
    value = _value(template.sole, scope)
    if value is MISSING:
        return None
    budget.take(jsons.size(value))
    return value


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise TemplateError("The URL is not one: its host cannot be read") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise TemplateError("The URL must begin with http:// or https:// and a host, written out and not filled in")
    return parts.scheme, parts.netloc


def _dots(url: str) -> list[int]:
    """Return the positions of the segments ``.`` and ``..`` in a path.

    Values contain no '/', so segments keep their numbers.
    """
    path = re.split(r"[?#]", url, maxsplit=1)[0]
    return [number for number, segment in enumerate(path.split("/")) if segment in (".", "..")]
