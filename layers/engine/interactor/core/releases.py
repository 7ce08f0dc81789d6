"""Documents of other releases: during a deploy, and after a rollback, code reads what the release after it wrote.

Two rules keep old and new code together (invariant 12). What a later release adds beside what is known is kept as it
is, and written back with every change. What the release before must not work on at all has a higher schema number:
whoever does not know that number leaves the document alone.
"""

from collections.abc import Collection, Mapping

from interactor.core.jsons import Json, JsonObject
from interactor.core.storing import StoreBusyError


class LaterReleaseError(StoreBusyError):
    """A document that a later release wrote and this one must not read: nothing was done, and a later try may succeed.

    A message that meets it comes again, a request is answered 503: the other half of the deploy will know what to do.
    """


def require_readable(document: Mapping[str, Json], readable: int, what: str) -> None:
    """Leave a document alone whose ``schema`` is over ``readable``; one without a number is of the first schema.

    Raises:
        LaterReleaseError: when a later release wrote it so that this one must not read it.
    """
    schema = document.get("schema", 1)
    if schema > readable:
        raise LaterReleaseError(f"{what} has schema {schema}, and this release reads up to {readable}")


def later(document: Mapping[str, Json], known: Collection[str]) -> JsonObject:
    """The members of a document that this release does not know."""
    return {name: value for name, value in document.items() if name not in known}
