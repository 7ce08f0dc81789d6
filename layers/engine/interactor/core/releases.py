"""Documents of other releases: during a deploy, and after a rollback, code reads what the next release wrote.

Two rules keep both releases working (invariant 12). Members that a later release adds are kept unchanged and written
back with every change. A document that this release must not work on has a higher schema number; a release that does
not know the number leaves the document alone.
"""

from collections.abc import Collection, Mapping

from interactor.core.jsons import Json, JsonObject
from interactor.core.storing import StoreBusyError


class LaterReleaseError(StoreBusyError):
    """A later release wrote the document, and this release must not read it. Nothing was done, and a later try may
    succeed.

    A message is delivered again, and a request is answered 503. A function of the later release can then do the work.
    """


def require_readable(document: Mapping[str, Json], readable: int, what: str) -> None:
    """Refuse a document whose ``schema`` is over ``readable``. A document without a number has the first schema.

    Raises:
        LaterReleaseError: a later release wrote it, and this one must not read it.
    """
    schema = document.get("schema", 1)
    if schema > readable:
        raise LaterReleaseError(f"{what} has schema {schema}, and this release reads up to {readable}")


def later(document: Mapping[str, Json], known: Collection[str]) -> JsonObject:
    """Return the members of a document that this release does not know."""
    return {name: value for name, value in document.items() if name not in known}
