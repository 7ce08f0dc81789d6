"""Hides what must not be stored in an instance, or shown, in the results of logic (invariant 10, ruling 31).

These are an account's secrets, and the values of sensitive form fields. Only values that could have got there are
hidden. All other data stays as it was sent: numbers stay numbers, and no word or number is broken up.

    secret, strong                          anywhere in texts, also in keys
    secret, weak, mentioned by the logic    in texts, where it stands alone
    secret, weak, not mentioned             nowhere
    sensitive value, strong                 anywhere in texts
    sensitive value, weak                   in errors and logs, where it stands alone; in an answer to logic that
                                            mentions its field, where it is a whole text
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from interactor.core.encodings import SHORTEST, is_strong
from interactor.core.hiding import Finder, Hidden, Reach, finder
from interactor.core.jsons import Json
from interactor.core.logic import Outcome, Succeeded
from interactor.forms.redaction import NO_SENSITIVE, REDACTED, Sensitive


class Mask:
    """Hides secrets as ``[secret NAME]``, and sensitive values as ``[redacted]``.

    Args:
        secrets: those of the account, by name.
        used: the names of the secrets that the logic mentions.
        sensitive: the values of sensitive form fields.
    """

    def __init__(
        self, secrets: Mapping[str, str], used: Collection[str] = (), sensitive: Sensitive = NO_SENSITIVE
    ) -> None:
        named = [
            Hidden(secrets[name], f"[secret {name}]", Reach.WORD if name in used else None) for name in sorted(secrets)
        ]
        fields = [Hidden(value, REDACTED, Reach.TOLD_WORD) for value in sorted(sensitive.all)]
        self._hidden = [each for each in (*named, *fields) if each.weak is not None or is_strong(each.value)]
        self._keys = finder(named)
        self._texts = Finder([*named, *fields]) if fields else self._keys
        self._whole = {value for value in sensitive.mentioned if len(value.strip()) >= SHORTEST}

    def text(self, text: str) -> str:
        """Return a masked text for a reader: an error, a log line, a task for a model."""
        return self._texts.replace(text, Reach.TOLD_WORD)

    def cut(self, text: str) -> str:
        """As ``text``, for a text that may have been cut: the beginning of a secret at its end is hidden too."""
        return self._texts.replace(text, Reach.TOLD_WORD, cut=True)

    def outcome(self, outcome: Outcome, keep_fields: bool = False) -> Outcome:
        """Return a masked outcome.

        With ``keep_fields``, sensitive values stay in its result: what a script returns is kept.
        """
        if not self._texts:
            return outcome
        logs = tuple(self.cut(line) for line in outcome.logs)
        if isinstance(outcome, Succeeded):
            return replace(outcome, value=self.value(outcome.value, keep_fields), logs=logs)
        return replace(outcome, message=self.cut(_TOKEN.sub(self._token, outcome.message)), logs=logs)

    def value(self, value: Json, keep_fields: bool = False) -> Json:
        """Return any JSON value masked: its texts, and keys with a strong secret.

        ``keep_fields`` is as for ``outcome``.
        """
        if isinstance(value, str):
            if not keep_fields and value in self._whole:
                return REDACTED
            return (self._keys if keep_fields else self._texts).replace(value, Reach.WORD)
        if isinstance(value, list):
            return [self.value(each, keep_fields) for each in value]
        if isinstance(value, dict):
            return {
                self._keys.replace(name, Reach.ANYWHERE): self.value(each, keep_fields) for name, each in value.items()
            }
        return value

    def _token(self, found: re.Match[str]) -> str:
        label = next((each.label for each in self._hidden if found[1] in each.value), None)
        return found[0] if label is None else f"unexpected token: {label}"


_TOKEN = re.compile(r"unexpected token: '([^']{2,})'")
"""How a parser quotes the part of a text at which it failed."""
