"""What the delivery log keeps of an answer: its beginning, without the subscription's secrets.

A receiver knows its secret and may echo it, in a dump of its settings for one. Masked are the secret as it is and
without its prefix, and each of these percent-encoded, escaped for JSON or HTML, in hexadecimal and in base64, also
where that is the base64 of a longer text.
"""

import base64
import html
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote

EXCERPT_BYTES = 2 * 1024
"""What the log keeps of an answer."""
_PREFIX, _MASK = "whsec_", "[secret]"
_SHORTEST_PIECE = 8
"""A shorter piece of a secret, where reading stopped within it, tells nothing and may be anything."""


def excerpt(text: str, secrets: Iterable[str]) -> str:
    """The beginning of an answer's text, masked; of ``text`` more should be given than is kept."""
    forms = {form for secret in secrets for form in _forms(secret) if len(form) >= _SHORTEST_PIECE}
    # One form may hold another: the longer goes first.
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    for form in ordered:
        text = text.replace(form, _MASK)
    torn = max((_torn(text, form) for form in ordered), default=0)
    text = text[: len(text) - torn] + _MASK if torn else text
    return text.encode("utf-8", "replace")[:EXCERPT_BYTES].decode("utf-8", "ignore")


def _torn(text: str, form: str) -> int:
    """How much of a form the text ends with, where reading stopped within it."""
    return next((size for size in range(len(form) - 1, _SHORTEST_PIECE - 1, -1) if text.endswith(form[:size])), 0)


def _forms(secret: str) -> Iterator[str]:
    for plain in {secret, secret.removeprefix(_PREFIX)}:
        percent, escaped, raw = quote(plain, safe=""), json.dumps(plain)[1:-1], plain.encode("utf-8", "replace")
        yield from (plain, percent, percent.lower(), escaped, escaped.replace("/", "\\/"), html.escape(plain))
        yield from (raw.hex(), raw.hex().upper(), *_within_base64(raw))


def _within_base64(raw: bytes) -> Iterator[str]:
    """What of a text's base64 is the same whatever stands around it, for each of the three places it may begin at."""
    for offset, start in enumerate((0, 2, 3)):
        end = None if (offset + len(raw)) % 3 == 0 else -1
        encoded = base64.b64encode(bytes(offset) + raw).decode().rstrip("=")[start:end]
        yield encoded
        yield encoded.translate(str.maketrans("+/", "-_"))
