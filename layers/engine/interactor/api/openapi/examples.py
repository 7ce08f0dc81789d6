"""The commands of the reference page: each operation as one that runs as it stands, once the first ones have run."""

import json
from typing import Final

from interactor.api.operations import API
from interactor.core.jsons import Json, JsonObject

EXAMPLE_HALT: Final = "halt_01kfdmdagy00000001x5c8n2qa"
"""The halt of examples; a command has the variable in its place that the page sets beside ``$INSTANCE_ID``."""
PLACES: Final = {
    "name": "approval_workflow",
    "version_id": "$VERSION_ID",
    "instance_id": "$INSTANCE_ID",
    "thread_id": "thread_main",
    "event_id": "$EVENT_ID",
    "file_id": "$FILE_ID",
    "subscription_id": "$SUBSCRIPTION_ID",
    "delivery_id": "$DELIVERY_ID",
}
"""What commands have for the names in a path: variables that the page says how to set."""


def curl(method: str, path: str, operation: JsonObject) -> str:
    """A command that calls an operation with its example."""
    under = path.removeprefix(API).format(**PLACES)
    url = f"$API{under}" if path.startswith(API) else f"${{API%{API}}}{under}"
    lines = [f'curl -sS{"" if method == "GET" else f" -X {method}"} "{url}"']
    if operation["security"]:
        lines.append('  -H "Authorization: Bearer $TOKEN"')
    example = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    if example is not None:
        lines.append('  -H "Content-Type: application/json"')
        # The variable stands outside the single quotes, where the shell fills it in.
        lines.append(f"  -d '{written(example)}'".replace(EXAMPLE_HALT, "'\"$HALT_ID\"'"))
    return " \\\n".join(lines)


def kept(place: str, command: str, member: str) -> str:
    """The same command, which keeps ``member`` of its answer in the variable that stands in a place: ``$TOKEN``."""
    return f'{place[1:]}=$({command} \\\n  | sed \'s/.*"{member}":"\\([^"]*\\)".*/\\1/\')'


def written(value: Json) -> str:
    """JSON as a person reads it, good between single quotes of a shell."""
    return json.dumps(value, indent=2, ensure_ascii=False).replace("'", "\\u0027")
