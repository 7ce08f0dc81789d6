"""What the delivery log keeps of an answer: its beginning, without the subscription's secrets.

A receiver knows its secret and may return it, for example in a dump of its settings. The secret is masked, with and
without its prefix, in every form of ``encodings``.
"""

from collections.abc import Iterable

from interactor.core.hiding import Hidden, Reach, finder

EXCERPT_BYTES = 2 * 1024
"""Bytes of an answer that the log keeps."""
_PREFIX, _MASK = "whsec_", "[secret]"


def excerpt(text: str, secrets: Iterable[str]) -> str:
    """Return the beginning of an answer's text, masked.

    ``text`` must be longer than what is kept, so that a secret at the end is found.
    """
    plain = {form for secret in secrets for form in (secret, secret.removeprefix(_PREFIX))}
    hidden = finder(Hidden(each, _MASK, Reach.ANYWHERE) for each in sorted(plain))
    text = hidden.replace(text, Reach.ANYWHERE, cut=True)
    return text.encode("utf-8", "replace")[:EXCERPT_BYTES].decode("utf-8", "ignore")
