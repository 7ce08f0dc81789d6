"""What the delivery log keeps of an answer: its beginning, without the subscription's secrets.

A receiver knows its secret and may echo it, in a dump of its settings for one. Masked are the secret as it is and
without its prefix, and each of these in every form of ``encodings``.
"""

from collections.abc import Iterable

from interactor.core.hiding import Hidden, Reach, finder

EXCERPT_BYTES = 2 * 1024
"""What the log keeps of an answer."""
_PREFIX, _MASK = "whsec_", "[secret]"


def excerpt(text: str, secrets: Iterable[str]) -> str:
    """The beginning of an answer's text, masked; of ``text`` more should be given than is kept."""
    plain = {form for secret in secrets for form in (secret, secret.removeprefix(_PREFIX))}
    hidden = finder(Hidden(each, _MASK, Reach.ANYWHERE) for each in sorted(plain))
    text = hidden.replace(text, Reach.ANYWHERE, cut=True)
    return text.encode("utf-8", "replace")[:EXCERPT_BYTES].decode("utf-8", "ignore")
