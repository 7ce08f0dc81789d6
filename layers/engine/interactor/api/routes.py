"""Every route of the API, from the table of operations, and the refusal of all others."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from interactor.api.operations import TABLE
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.errors import MethodNotAllowedError, NotFoundError
from interactor.core.names import RESERVED_NAMES


def _methods() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for entry in TABLE:
        for path in entry.paths:
            found[path] = (*found.get(path, ()), entry.method)
    return found


ROUTES: Final[Mapping[str, tuple[str, ...]]] = _methods()
"""The methods of each path."""


def is_reserved(parameter: str, value: str) -> bool:
    """Whether a path has a reserved word in the place of a workflow's name. Then it is no workflow's path."""
    return parameter == "name" and value in RESERVED_NAMES


def refuse(request: Request) -> Response:
    """Refuse a request that matches no route.

    Raises:
        MethodNotAllowedError: the path has other methods.
        NotFoundError: the path does not exist.
    """
    path = unquote(request.path)
    methods = sorted({method for route, allowed in ROUTES.items() if _matches(route, path) for method in allowed})
    if methods:
        raise MethodNotAllowedError(f"{request.method} is not a method of this path; it has {', '.join(methods)}")
    raise NotFoundError("No such path; the API's paths begin with /api/v1")


def _matches(route: str, path: str) -> bool:
    if len(route.split("/")) != len(path.split("/")):
        return False
    return all(map(_stands_for, route.split("/"), path.split("/")))


def _stands_for(part: str, segment: str) -> bool:
    """Whether a segment of a path matches a part of a route: the word itself, or a possible value of a parameter."""
    if not part.startswith("{"):
        return part == segment
    return segment != "" and not is_reserved(part[1:-1], segment)
