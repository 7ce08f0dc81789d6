"""Secrets never rest in an instance: their text is masked in what comes back, before it is committed (invariant 10).

Masked are the secret as it is and the forms in which services echo it: as JSON text (once and within another, with
escaped slashes, with escapes of either case), percent-encoded, as HTML text, and in base64. A text that was cut may
end in the middle of a secret: what is left of it there is masked too.
"""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from html import escape
from urllib.parse import quote, quote_plus

from interactor.core import jsons
from interactor.core.jsons import Json
from interactor.core.logic import Failed, Outcome, Succeeded

SHORTEST = 4
"""A shorter secret is no secret, and masking it would tear ordinary texts apart."""

SHORTEST_BASE64 = 10


class Mask:
    """Masks the secrets of an account, by name, as ``[secret NAME]``."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        forms = {form: name for name, value in secrets.items() if len(value) >= SHORTEST for form in _forms(value)}
        # A secret may hold another one: the longer form goes first.
        self._forms = sorted(((form, name) for form, name in forms.items() if form), key=lambda pair: -len(pair[0]))

    def text(self, text: str) -> str:
        """A whole text, masked."""
        for form, name in self._forms:
            text = text.replace(form, f"[secret {name}]")
        return text

    def cut(self, text: str) -> str:
        """A text that may have been cut, masked: also where it ends with the beginning of a secret."""
        text = self.text(text)
        for form, name in self._forms:
            for length in range(min(len(form) - 1, len(text)), SHORTEST - 1, -1):
                if text.endswith(form[:length]):
                    return f"{text[:-length]}[secret {name}]"
        return text

    def outcome(self, outcome: Outcome) -> Outcome:
        """How logic ended, masked throughout."""
        if not self._forms:
            return outcome
        logs = tuple(self.cut(line) for line in outcome.logs)
        if isinstance(outcome, Succeeded):
            return Succeeded(self.value(outcome.value), logs, outcome.duration_ms)
        return Failed(
            outcome.code,
            self.cut(outcome.message),
            logs,
            outcome.duration_ms,
            outcome.retryable,
            outcome.retry_after_ms,
        )

    def value(self, value: Json) -> Json:
        """Any JSON value, masked in its texts and keys."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            masked = self.text(str(value))
            return value if masked == str(value) else masked
        if isinstance(value, dict):
            return {self.text(name): self.value(each) for name, each in value.items()}
        return value


def _forms(value: str) -> Iterator[str]:
    """The texts under which a secret comes back."""
    raw = value.encode("utf-8", "surrogatepass")
    yield from (value, " ".join(value.split()), escape(value), escape(value, quote=False))
    for text in (jsons.dumps(value)[1:-1], json.dumps(value)[1:-1]):
        for written in (text, text.replace("/", "\\/")):
            yield from (written, _ESCAPE.sub(lambda found: found[0].upper().replace("U", "u", 1), written))
            yield json.dumps(written)[1:-1]
    for text in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield from (text, _PERCENT.sub(lambda found: found[0].lower(), text))
    for encoded in (b64encode(raw), urlsafe_b64encode(raw)):
        # The last letter may depend on what follows; so short a form could stand anywhere.
        kept = encoded[: len(raw) * 8 // 6].decode()
        if len(kept) >= SHORTEST_BASE64:
            yield kept


_ESCAPE = re.compile(r"\\u[0-9a-f]{4}")
_PERCENT = re.compile(r"%[0-9A-F]{2}")
