"""Definitions in requests and answers: read with the errors of ruling 22, and shown as they were posted."""

from functools import reduce
from operator import truediv
from typing import TYPE_CHECKING

from interactor.api import idempotency, views
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core import jsons, limits
from interactor.core.errors import InvalidRequestError, InvalidWorkflowError
from interactor.core.jsons import Json, JsonObject, JsonPlace
from interactor.definitions.rules.report import ROOT
from interactor.definitions.stored import Version
from interactor.definitions.workflows import Also, Made, Posted, listed

if TYPE_CHECKING:
    from interactor.definitions.rules.report import Verdict


def posted(request: Request, strict: bool) -> Posted:
    """Return the definition in the body. With ``strict``, its warnings are errors.

    Raises:
        PayloadTooLargeError: it is over 1 MB.
        InvalidWorkflowError: it is no JSON object.
    """
    document = any_json(request)
    if not isinstance(document, dict):
        message = "A definition must be a JSON object"
        raise InvalidWorkflowError(message, [{"path": "", "message": message}])
    return Posted(document, request.raw_body, strict)


def is_strict(request: Request) -> bool:
    """Whether the query asks for warnings as errors.

    Raises:
        InvalidRequestError: the value is neither true nor false.
    """
    given = request.query.get("strict", "false").lower()
    if given not in ("true", "false"):
        message = "must be true or false"
        raise InvalidRequestError(f"'strict' {message}", [{"field": "strict", "message": message}])
    return given == "true"


def any_json(request: Request) -> Json:
    """Return any JSON of the body: ``validate`` also checks what is no object.

    Raises:
        PayloadTooLargeError, InvalidRequestError: as for ``posted``.
        InvalidWorkflowError: it is empty, or no JSON.
    """
    if not request.raw_body.strip():
        message = "The body is empty; send the definition as JSON"
        raise InvalidWorkflowError(message, [{"path": "", "message": message}])
    try:
        return request.json(limits.DEFINITION_BYTES, written=_path)
    except InvalidRequestError as error:
        field = error.details[0]["field"]
        path = "" if field == "body" else field
        raise InvalidWorkflowError(error.message, [{"path": path, "message": error.message}]) from None


def _path(place: JsonPlace) -> str:
    """Return a place as the errors of a definition write it: ``states.start.transitions[0].target``."""
    return str(reduce(truediv, place, ROOT))


def verdict(found: "Verdict") -> JsonObject:
    """Return a verdict as ruling 3 answers it."""
    view: JsonObject = {"valid": found.valid}
    if found.errors:
        view["errors"] = listed(found.errors)
    if found.warnings:
        view["warnings"] = listed(found.warnings)
    return view


def made(status: int, found: Made) -> Response:
    """Return the answer that names a workflow's version, with the warnings of its definition if there are any."""
    return Response(status, jsons.dumps({"data": _named(found)}))


def remembered(key: idempotency.Key | None, status: int) -> Also | None:
    """Return the write that stores such an answer under the request's idempotency key, if it has one."""
    if key is None:
        return None
    return lambda found: key.answer(status, {"data": _named(found)})[1]


def _named(found: Made) -> JsonObject:
    workflow = found.workflow
    view: JsonObject = {"name": workflow.name, "workflow_id": workflow.workflow_id, **views.version(found.version)}
    return view | ({"warnings": list(found.warnings)} if found.warnings else {})


def with_definition(name: str, version: Version, document: bytes) -> Response:
    """Return a version with its definition, whose text is sent as it was posted."""
    head = jsons.dumps({"name": name, **views.version(version)})
    return Response(200, f'{{"data":{head[:-1]},"definition":{document.decode()}}}}}')
