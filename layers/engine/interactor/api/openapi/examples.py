"""The commands of the reference page. Each operation has one that runs as it is, after the first ones have run."""

import json
from typing import Final

from interactor.api.operations import API
from interactor.core.jsons import Json, JsonObject

EXAMPLE_HALT: Final = "halt_01kfdmdagy00000001x5c8n2qa"
"""The halt of examples.

Commands have the variable ``$HALT_ID`` instead, which the page sets beside ``$INSTANCE_ID``.
"""
PLACES: Final = {
    "name": "approval_workflow",
    "version_id": "$VERSION_ID",
    "instance_id": "$INSTANCE_ID",
    "thread_id": "thread_main",
    "event_id": "$EVENT_ID",
    "file_id": "$FILE_ID",
    "subscription_id": "$SUBSCRIPTION_ID",
    "delivery_id": "$DELIVERY_ID",
    "task_id": "task_01kfdmdagyy4rdc3yf0jys7smn_2",
    "group_id": "finance",
    "person_id": "ann",
}
"""What commands have for the names in a path: variables; the page says how to set them."""


def curl(method: str, path: str, operation: JsonObject) -> str:
    """Return a command that calls an operation with its example."""
    under = path.removeprefix(API).format(**PLACES)
    url = f"$API{under}" if path.startswith(API) else f"${{API%{API}}}{under}"
    lines = [f'curl -sS{"" if method == "GET" else f" -X {method}"} "{url}"']
    if operation["security"]:
        lines.append('  -H "Authorization: Bearer $TOKEN"')
    example = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    if example is not None:
        lines.append('  -H "Content-Type: application/json"')
        # The variable is outside the single quotes, so that the shell fills it in.
        lines.append(f"  -d '{written(example)}'".replace(EXAMPLE_HALT, "'\"$HALT_ID\"'"))
    return " \\\n".join(lines)


def kept(place: str, command: str, member: str) -> str:
    """Return the command with its ``member`` of the answer stored in the variable ``place``, such as ``$TOKEN``."""
    return f'{place[1:]}=$({command} \\\n  | sed \'s/.*"{member}":"\\([^"]*\\)".*/\\1/\')'


def written(value: Json) -> str:
    """Return JSON as a person reads it, which can stand between single quotes in a shell."""
    return json.dumps(value, indent=2, ensure_ascii=False).replace("'", "\\u0027")
