"""The OpenAPI 3.1 document, built from the operations and schemas."""

from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Any, Final

from interactor.api.openapi.operation import Operation
from interactor.api.openapi.operations import OPERATIONS
from interactor.api.openapi.schemas import SCHEMAS, definition_schemas
from interactor.api.operations import ANY_SCOPE
from interactor.api.shapes import FLAG, TEXT, TIME, ref
from interactor.assignments.asked import PRIORITIES
from interactor.core import limits
from interactor.core.jsons import JsonObject
from interactor.core.statuses import STATUSES
from interactor.tasks.lists import VIEWS
from interactor.webhooks.rules.delivery import STATES
from interactor.webhooks.rules.events import EVENT_TYPES

VERSION: Final = "1.0.0"
DESCRIPTION: Final = (
    "A workflow engine for people and programs together. A definition is a state machine of action, halting and "
    "terminal states; an instance runs it, stops where a person must decide, and goes on when they have. "
    "Answers stand under data, refusals under error, with a code, a message, details and the request's id. Times are "
    "UTC, ISO 8601. Lists take limit and cursor, and answer pagination with next_cursor."
)
TAGS: Final = {
    "Authorization": "Tokens for registered clients: OAuth 2.0 client credentials and refresh tokens.",
    "Workflows": "Definitions and their versions.",
    "Instances": "Running executions of a workflow.",
    "Files": "Files that forms ask for. They go to the bucket directly, and not through the API.",
    "Threads": "Parallel branches of an instance.",
    "History": "What happened, and what went wrong.",
    "Webhooks": "Being told of events.",
    "Tasks": "What people are asked: who decides a halt, how many of them, by when.",
    "People": "The directory: groups and their members, names and addresses, absence.",
    "Description": "What describes this API itself.",
}
SCOPE_MEANINGS: Final = {
    "workflows:read": "Read definitions and instances.",
    "workflows:write": "Create and publish definitions.",
    "workflows:execute": "Create, resume and end instances.",
    "webhooks:manage": "Everything with webhooks.",
    "webhooks:read": "Read webhook subscriptions and deliveries.",
    "webhooks:write": "Change webhook subscriptions.",
    "tasks:manage": "Everything with tasks, and the directory of groups and people.",
    "tasks:respond": "Decide tasks, and set one's own absence.",
    "tasks:read": "Read tasks, and what the directory says of oneself.",
    "*": "Everything.",
}
_LIMIT = "Members of a page. A larger number counts as the maximum."
_QUERY: Final[dict[str, tuple[JsonObject, str]]] = {
    "limit": ({"type": "integer", "minimum": 1, "default": limits.PAGE_DEFAULT}, f"{_LIMIT} ({limits.PAGE_MAXIMUM})"),
    "history_limit": (
        {"type": "integer", "minimum": 1, "default": limits.HISTORY_PAGE_DEFAULT},
        f"{_LIMIT} ({limits.HISTORY_PAGE_MAXIMUM})",
    ),
    "cursor": (TEXT, "next_cursor of the previous page."),
    "namespace": (TEXT, "Only this namespace. Without it, all namespaces of the token."),
    "workflow_name": (TEXT, "Only this workflow."),
    "status": ({"type": "string", "enum": list(STATUSES)}, "Only instances in this status."),
    "delivery_status": ({"type": "string", "enum": list(STATES)}, "Only deliveries in this status."),
    "event": ({"type": "string", "enum": list(EVENT_TYPES)}, "Only deliveries of this event."),
    "error_code": (TEXT, "Only errors with this code."),
    "types": (TEXT, "One or more of transition, step, halt, error, lifecycle, separated by commas."),
    "since": (TIME, "Only entries after this time."),
    "until": (TIME, "Only entries before this time."),
    "thread": (TEXT, "Only this thread."),
    "state": (TEXT, "Only events, or tasks, of this state."),
    "view": ({"type": "string", "enum": list(VIEWS), "default": "mine"}, "Which tasks."),
    "workflow": (TEXT, "Only tasks of this workflow."),
    "priority": ({"type": "string", "enum": list(PRIORITIES)}, "Only tasks of this priority."),
    "key": (TEXT, "Only tasks with this key."),
    "label": (TEXT, "Only tasks with this label, as name:value."),
    "due_before": (TIME, "Only tasks that are due before this time."),
    "memberships": (FLAG, "Whether the person leaves all groups too."),
    "strict": (FLAG, "Whether warnings of the definition are errors."),
    "include_data": (FLAG, "With workflow_data as it was after each event."),
    "format": (
        {"type": "string", "enum": ["svg", "mermaid"]},
        "The format of the diagram. Without it, the answer has both as JSON.",
    ),
}
_RENAMED: Final = {"history_limit": "limit", "delivery_status": "status"}
_HEADERS: Final = {
    "X-Namespace": "The namespace, if the body names none.",
    "X-Interactor-Actor": "The person for whom a client acts: 1 to 128 printable characters, as UTF-8 or as "
    "percent-encoded UTF-8. The history keeps the name. It is refused from a client that may not act for people.",
    "If-Match": "Revisions of the group, as ETag gave them. If the group has another one, the answer is 409.",
    "If-None-Match": "*: only if there is no such group. Otherwise the answer is 409.",
    "traceparent": "W3C trace context, continued into HTTP actions and webhooks and kept in the history.",
    "Idempotency-Key": "A request sent again within 24 hours gets the same answer and has no second effect.",
    "X-Request-Id": "The caller's own request id. It is replaced if it is not well formed.",
}
_RATE_HEADERS: Final = {
    "X-RateLimit-Limit": "Requests of this category in a minute for an account (for tokens: a client, or an address).",
    "X-RateLimit-Remaining": "How many of them are left; the whole limit for an unknown caller.",
    "X-RateLimit-Reset": "When the minute ends, in Unix seconds.",
}


@cache
def document() -> JsonObject:
    """Return the whole document."""
    paths: dict[str, JsonObject] = {}
    for operation in OPERATIONS:
        for path in (operation.path, *operation.aliases):
            paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, path)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Interactor Workflows",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "Where this document came from."}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "oauth": {
                    "type": "oauth2",
                    "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": SCOPE_MEANINGS}},
                },
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
            "headers": {
                name: {"description": text, "schema": TEXT} for name, text in {**_RATE_HEADERS, **_ALWAYS}.items()
            },
            "schemas": {**SCHEMAS, **definition_schemas()},
        },
    }


_ALWAYS: Final = {"X-Request-Id": "Names this request in the logs."}


def _operation(operation: Operation, path: str) -> JsonObject:
    found: JsonObject = {
        "operationId": operation.id + ("" if path == operation.path else "_under_api"),
        "tags": [operation.tag],
        "summary": operation.summary,
    }
    if operation.description:
        found["description"] = operation.description
    found["security"] = _security(operation)
    found["parameters"] = list(_parameters(operation))
    if operation.body is not None:
        found["requestBody"] = _body(operation)
    found["responses"] = _answers(operation) | _refusals(operation)
    return found


def _security(operation: Operation) -> list[JsonObject]:
    if operation.scope is None:
        return []
    return [{"oauth": [] if operation.scope == ANY_SCOPE else [operation.scope]}, {"bearer": []}]


def _parameters(operation: Operation) -> Iterable[JsonObject]:
    for name in operation.parameters:
        yield {"name": name, "in": "path", "required": True, "schema": TEXT}
    for name in operation.query:
        schema, text = _QUERY[name]
        yield {"name": _RENAMED.get(name, name), "in": "query", "description": text, "schema": schema}
    for name in (*operation.headers, *(["Idempotency-Key"] if operation.keyed else []), "X-Request-Id"):
        schema = {"type": "string", "minLength": 1, "maxLength": 255} if name == "Idempotency-Key" else TEXT
        yield {"name": name, "in": "header", "description": _HEADERS[name], "schema": schema}


def _body(operation: Operation) -> JsonObject:
    content: JsonObject = {"schema": ref(str(operation.body))}
    if operation.example is not None:
        content["example"] = operation.example
    media = {"application/json": content}
    if operation.form:
        media["application/x-www-form-urlencoded"] = {"schema": ref(str(operation.body))}
    return {"required": operation.body_required, "content": media}


def _answers(operation: Operation) -> JsonObject:
    return {str(status): _answer(operation, status, name) for status, name in operation.answers.items()}


def _answer(operation: Operation, status: int, name: str | None) -> JsonObject:
    meaning = {200: "Done.", 201: "Made.", 202: "Accepted; it follows.", 204: "Done; there is no body."}[status]
    found: JsonObject = {"description": meaning, "headers": _headers(operation)}
    content: JsonObject = {}
    for media in operation.media if status != 204 else ():
        if media != "application/json" or name is None:
            content[media] = {"schema": TEXT} if media.startswith(("text/", "image/")) else {"schema": {}}
            continue
        schema = ref(name)
        if operation.data:
            schema = {"type": "object", "required": ["data"], "properties": {"data": schema}}
        content[media] = {"schema": schema}
        if operation.answer_example is not None:
            content[media]["example"] = operation.answer_example
    return found | ({"content": content} if content else {})


def _refusals(operation: Operation) -> JsonObject:
    found: JsonObject = {}
    for status, kinds in groupby(operation.errors(), key=lambda kind: kind.status):
        codes = [kind.code for kind in kinds]
        schema = {
            "allOf": [
                ref("Error"),
                {"properties": {"error": {"properties": {"code": {"type": "string", "enum": codes}}}}},
            ]
        }
        found[str(status)] = {
            "description": ", ".join(codes),
            "headers": _headers(operation, status),
            "content": {"application/json": {"schema": schema}},
        }
    return found


def _headers(operation: Operation, status: int = 200) -> JsonObject:
    names = list(_ALWAYS)
    if operation.scope is not None or operation.name == "create_token":
        names += list(_RATE_HEADERS)
    found: dict[str, Any] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if status == 429:
        found["Retry-After"] = {"description": "Seconds, where the code is rate_limited.", "schema": TEXT}
    if status == 503:
        found["Retry-After"] = {"description": "Seconds.", "schema": TEXT}
    return found
