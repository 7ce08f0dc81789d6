"""The models of requests and answers, as JSON Schemas by name. A test checks real answers against them.

The models of requests come from ``api/bodies.py``, which also checks with them. Only the forms of OAuth are here.
"""

import json
from importlib.resources import files
from typing import Any, Final

from interactor.api.bodies import Body
from interactor.api.shapes import (
    ANYTHING,
    FLAG,
    FREE,
    TEXT,
    TIME,
    WHOLE,
    described,
    id_of,
    list_of,
    map_of,
    maybe,
    page_of,
    ref,
    shape,
    texts,
)
from interactor.assignments.asked import PRIORITIES
from interactor.core.jsons import JsonObject
from interactor.core.statuses import STATUSES
from interactor.webhooks.rules.events import EVENT_TYPES

_INSTANCE_ID: Final = id_of("inst")
_VERSION_ID: Final = id_of("v")
_EVENT: Final = ref("EventType")
_TASK_ID: Final = {"type": "string", "pattern": "^task_[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}_[1-9][0-9]*$"}
_PRIORITY: Final = texts(*PRIORITIES)
_HALTED: Final = {
    "halted_at_state?": TEXT,
    "halt_id?": described(id_of("halt"), "The id of the halt. A resume sends it back, and decides only this halt."),
    "halting_presentation?": ref("Presentation"),
    "halted_options?": ref("HaltedOptions"),
    "timeout_at?": described(TIME, "When the state times out, if it has a timeout."),
}
_VERSION: Final = {
    "version_id": _VERSION_ID,
    "status": texts("draft", "published"),
    "created_at": TIME,
    "published_at?": TIME,
    "superseded_at?": described(TIME, "When another version replaced it."),
}
_SUBSCRIPTION: Final = {
    "id": id_of("whsub"),
    "url": TEXT,
    "events": list_of(_EVENT),
    "namespace_filter": maybe(TEXT),
    "rate_per_minute": described(WHOLE, "Attempts in a minute, at most."),
    "status": texts("active", "disabled"),
    "created_at": TIME,
    "disabled_at?": TIME,
    "disabled_reason?": maybe(texts("requested", "gone", "failing")),
    "failing_since?": TIME,
}
_SECRET: Final = {"secret?": described(TEXT, "Only if it was generated here. It is never shown again.")}
_DELIVERY: Final = {
    "id": id_of("del"),
    "event": TEXT,
    "event_id": TEXT,
    "namespace": maybe(TEXT),
    "instance_id": maybe(TEXT),
    "timestamp": TIME,
    "status": texts("pending", "succeeded", "failed", "exhausted"),
    "attempts_made": WHOLE,
    "last_attempt_at": maybe(TIME),
    "last_status": maybe(WHOLE),
    "next_attempt_at": maybe(TIME),
    "replay_of?": TEXT,
    "replayed_by?": TEXT,
    "test?": FLAG,
    "reason?": TEXT,
}
_TOKEN: Final = {
    "access_token": TEXT,
    "token_type": texts("Bearer"),
    "expires_in": described(WHOLE, "Seconds."),
    "refresh_token": described(TEXT, "Valid for one use within 30 days."),
    "scope": TEXT,
}
_FILE: Final = {
    "id": id_of("file"),
    "field": TEXT,
    "thread_id": TEXT,
    "name": TEXT,
    "content_type": TEXT,
    "size": described(WHOLE, "Bytes."),
    "url": TEXT,
    "expires_at": TIME,
}
_GROUP: Final = {"id": TEXT, "name": maybe(TEXT), "email": maybe(TEXT), "updated_at": TIME}
_AWAY: Final = shape(
    {"from": TIME, "until": TIME, "substitute": TEXT}, "From ``from`` on and before ``until``.".replace("``", "`")
)
_PROBLEM: Final = list_of(shape({"path": TEXT, "message": TEXT}))

SCHEMAS: Final[dict[str, JsonObject]] = {
    **{kind.__name__: kind.schema() for kind in Body.__subclasses__()},
    "Pagination": shape({"has_more": FLAG, "next_cursor": maybe(TEXT)}),
    "Error": shape(
        {
            "error": shape(
                {
                    "code": TEXT,
                    "message": TEXT,
                    "details": described(ANYTHING, "Null if there are none."),
                    "request_id": TEXT,
                }
            )
        }
    ),
    # Authorization
    "TokenRequest": {
        "oneOf": [
            shape(
                {"grant_type": texts("client_credentials"), "client_id?": TEXT, "client_secret?": TEXT, "scope?": TEXT},
                "Client id and secret, here or as HTTP Basic.",
                more=True,
            ),
            shape(
                {"grant_type": texts("refresh_token"), "refresh_token": TEXT, "client_id?": TEXT, "scope?": TEXT},
                "A refresh token is good for one use; using an old one ends all that followed it.",
                more=True,
            ),
        ]
    },
    "Token": shape(_TOKEN),
    "TokenAnswer": shape({"data": ref("Token"), **_TOKEN}, "The token under data, and beside it for OAuth clients."),
    "RevokeRequest": shape({"token": TEXT, "token_type_hint?": TEXT, "client_id?": TEXT}, more=True),
    "Nothing": shape({}),
    "Caller": shape(
        {
            "sub": described(TEXT, "The subject of the token: the client's id, if the token was issued here."),
            "account_id": TEXT,
            "namespaces": described(list_of(TEXT), 'Those of the token; `["*"]` means all.'),
            "scopes": described(list_of(TEXT), "Those of the token, in alphabetical order."),
            "acts_for_people": described(FLAG, "Whether it may name a person in X-Interactor-Actor."),
            "actor": described(maybe(TEXT), "The person whom this request names in X-Interactor-Actor."),
        }
    ),
    "KeySet": shape(
        {
            "keys": list_of(
                shape(
                    {
                        "kid": TEXT,
                        "use": texts("sig"),
                        "alg": texts("RS256"),
                        "kty": texts("RSA"),
                        "n": TEXT,
                        "e": TEXT,
                    }
                )
            )
        },
        "A JWK set (RFC 7517).",
    ),
    # Definitions
    "WorkflowVersion": shape({"name": TEXT, "workflow_id": id_of("wf"), **_VERSION, "warnings?": _PROBLEM}),
    "WorkflowWithDefinition": shape({"name": TEXT, **_VERSION, "definition": described(FREE, "As it was posted.")}),
    "Version": shape(_VERSION),
    "Workflow": shape(
        {
            "name": TEXT,
            "workflow_id": id_of("wf"),
            "latest_version_id": _VERSION_ID,
            "published_version_id": maybe(_VERSION_ID),
            "created_at": TIME,
        }
    ),
    "WorkflowPage": page_of("workflows", "Workflow"),
    "VersionPage": page_of("versions", "Version"),
    "Verdict": shape({"valid": FLAG, "errors?": _PROBLEM, "warnings?": _PROBLEM}),
    "Diagram": shape({"mermaid": TEXT, "svg": TEXT}),
    # Instances
    "Upload": shape({**_FILE, "fields": described(map_of(TEXT), "They come before the file in the form.")}),
    "Download": shape(_FILE),
    "Presentation": shape(
        {"type": texts("form", "choice", "message")}, "Rendered with the instance's data.", more=True
    ),
    "HaltedOptions": shape(
        {
            "instruction": described(maybe(TEXT), "Plain text; show it as such, never as HTML."),
            "transition_mode": texts("selection", "condition"),
            "choices": list_of(FREE),
            "generated": described(FLAG, "Whether a model wrote the instruction."),
            "title?": TEXT,
            "include_data?": list_of(TEXT),
        },
        more=True,
    ),
    "Thread": shape(
        {
            "id": TEXT,
            "status": texts("running", "halted", "completed"),
            "current_state": TEXT,
            "outcome?": texts("completed", "cancelled", "failed"),
            **_HALTED,
        }
    ),
    "HistoryEntry": shape(
        {
            "state": TEXT,
            "entered_at": TIME,
            "exited_at?": TIME,
            "transition?": TEXT,
            "thread?": TEXT,
            "logs?": list_of(TEXT),
            "duration_ms?": WHOLE,
            "halt_id?": id_of("halt"),
            "input_received?": FREE,
            "resumed_at?": TIME,
            "resumed_by?": ref("Actor"),
        }
    ),
    "Actor": {
        "description": "A token's sub, or the person whom a service account named.",
        "anyOf": [TEXT, shape({"actor": TEXT, "via": TEXT}), {"type": "null"}],
    },
    "Instance": shape(
        {
            "id": _INSTANCE_ID,
            "workflow_id": id_of("wf"),
            "workflow_name": TEXT,
            "version_id": _VERSION_ID,
            "namespace": TEXT,
            "status": texts(*STATUSES),
            "current_state": TEXT,
            "workflow_data": FREE,
            **_HALTED,
            "threads": list_of(ref("Thread")),
            "history": list_of(ref("HistoryEntry")),
            "history_truncated?": FLAG,
            "created_at": TIME,
            "updated_at": TIME,
            "paused?": FLAG,
            "completed_at?": TIME,
            "failed_at?": TIME,
            "cancelled_at?": TIME,
            "cancel_reason?": TEXT,
            "error?": TEXT,
            "error_code?": TEXT,
            "failed_state?": TEXT,
        }
    ),
    "ListedInstance": shape(
        {
            "id": _INSTANCE_ID,
            "workflow_name": TEXT,
            "namespace": TEXT,
            "status": texts(*STATUSES),
            "current_state": TEXT,
            "created_at": TIME,
        }
    ),
    "InstancePage": page_of("instances", "ListedInstance"),
    "ThreadList": shape({"threads": list_of(ref("Thread"))}),
    # History
    "Event": shape(
        {
            "id": id_of("evt"),
            "number": described(WHOLE, "Counts an instance's events without a gap."),
            "type": texts("transition", "step", "halt", "error", "lifecycle"),
            "subtype": TEXT,
            "timestamp": TIME,
            "thread": maybe(TEXT),
            "changes?": shape(
                {"added?": FREE, "updated?": map_of(shape({"from": ANYTHING, "to": ANYTHING})), "removed?": FREE}
            ),
            "workflow_data?": described(FREE, "The data right after the event, with include_data."),
        },
        "Further members depend on the type.",
        more=True,
    ),
    "EventPage": page_of(
        "events",
        "Event",
        **{
            "instance_id": _INSTANCE_ID,
            "workflow_id": id_of("wf"),
            "workflow_name": TEXT,
            "version_id": _VERSION_ID,
            "namespace": TEXT,
            "status": texts(*STATUSES),
            "traceparent?": described(TEXT, "The trace that the instance belongs to."),
        },
    ),
    "Failure": shape(
        {
            "id": id_of("evt"),
            "instance_id": _INSTANCE_ID,
            "workflow_name": TEXT,
            "version_id": _VERSION_ID,
            "namespace": TEXT,
            "thread": TEXT,
            "state": TEXT,
            "error_code": TEXT,
            "error": TEXT,
            "timestamp": TIME,
        }
    ),
    "FailurePage": page_of(
        "errors",
        "Failure",
        **{
            "summary?": shape(
                {"total": WHOLE, "by_code": map_of(WHOLE), "by_workflow": map_of(WHOLE), "complete": FLAG},
                "Beside the first page only.",
            )
        },
    ),
    # Tasks
    "ListedTask": shape(
        {
            "id": _TASK_ID,
            "instance_id": _INSTANCE_ID,
            "namespace": TEXT,
            "workflow_name": TEXT,
            "state": TEXT,
            "title?": TEXT,
            "priority": _PRIORITY,
            "created_at?": TIME,
            "due_at?": TIME,
            "key?": TEXT,
            "labels?": map_of(TEXT),
            "owner?": described(TEXT, "Who has claimed it."),
            "several?": described(FLAG, "Whether several people respond."),
            "outcome?": described(TEXT, "Of a task that is done: the person's own response."),
            "at?": described(TIME, "Of a task that is done: when."),
        }
    ),
    "TaskPage": page_of("tasks", "ListedTask"),
    "TaskCounts": shape({"mine": WHOLE, "claimable": WHOLE, "questions": WHOLE, "overdue": WHOLE}),
    "Tally": shape({"approve": WHOLE, "reject": WHOLE, "responses": WHOLE, "needed": WHOLE}),
    "Task": shape(
        {
            "id": _TASK_ID,
            "status": texts("open", "completed", "expired", "cancelled"),
            "instance_id": _INSTANCE_ID,
            "workflow_name": TEXT,
            "version_id": _VERSION_ID,
            "namespace": TEXT,
            "state": TEXT,
            "thread_id": TEXT,
            "halt_id": maybe(TEXT),
            "title": maybe(TEXT),
            "presentation": ref("Presentation"),
            "options": ref("HaltedOptions"),
            "shown?": described(TEXT, "SHA-256 of what is shown. A response may send it back as `seen`."),
            "created_at": TIME,
            "due_at": maybe(TIME),
            "overdue?": FLAG,
            "timeout_at?": maybe(TIME),
            "priority": _PRIORITY,
            "key": maybe(TEXT),
            "labels": map_of(TEXT),
            "assignees": list_of(TEXT),
            "groups": list_of(TEXT),
            "owner?": maybe(TEXT),
            "owner_until?": maybe(TIME),
            "comment?": texts("optional", "never", "on_reject", "always"),
            "quorum?": shape(
                {
                    "kind": texts("first", "approve", "responses"),
                    "needed": WHOLE,
                    "reject?": WHOLE,
                    "per_group?": FLAG,
                }
            ),
            "tally": ref("Tally"),
            "questions": list_of(FREE),
            "responses?": list_of(FREE),
            "comments?": list_of(FREE),
            "paused?": FLAG,
            "outcome?": maybe(TEXT),
            "decided_by?": maybe(TEXT),
            "decided_at?": maybe(TIME),
            "my": shape({"can": list_of(TEXT), "responded": maybe(FREE)}, "What its reader may do, and did."),
        }
    ),
    "TaskHistory": shape({"events": list_of(FREE), "complete": FLAG}),
    "TaskResults": shape(
        {"results": list_of(shape({"id": TEXT, "status": WHOLE, "task?": ref("Task"), "error?": FREE}))}
    ),
    # People
    "Group": shape(
        {
            **_GROUP,
            "members": list_of(TEXT),
            "created_at": TIME,
            "updated_by": ref("Actor"),
            "revision": described(TEXT, "Changes with each change; the header ETag has it too."),
            "changing": described(FLAG, "A change of many members is under way, or was cut off: send it again."),
        }
    ),
    "ListedGroup": shape({**_GROUP, "members": described(WHOLE, "How many there are.")}),
    "GroupPage": page_of("groups", "ListedGroup"),
    "Away": _AWAY,
    "Person": shape(
        {
            "id": TEXT,
            "name": maybe(TEXT),
            "email": maybe(TEXT),
            "locale": maybe(TEXT),
            "away": described(maybe(ref("Away")), "The absence that holds, or is to come; null without one."),
            "groups": described(list_of(TEXT), "Of the directory, at most 50."),
            "groups_truncated": described(FLAG, "Whether there are more."),
            "stands_in_for": list_of(shape({"person": TEXT, "from": TIME, "until": TIME})),
        }
    ),
    # Webhooks
    "EventType": texts(*EVENT_TYPES),
    "EventTypes": shape({"event_types": list_of(shape({"name": _EVENT, "description": TEXT}))}),
    "ReplayDelivery": shape({}),
    "Subscription": shape(_SUBSCRIPTION),
    "NewSubscription": shape({**_SUBSCRIPTION, **_SECRET}),
    "RotatedSubscription": shape({**_SUBSCRIPTION, **_SECRET, "previous_secret_expires_at": TIME}),
    "SubscriptionPage": page_of("subscriptions", "Subscription"),
    "Delivery": shape(_DELIVERY),
    "DeliveryPage": page_of("deliveries", "Delivery"),
    "DeliveryWithAttempts": shape(
        {
            **_DELIVERY,
            "attempts": list_of(
                shape(
                    {
                        "number": WHOLE,
                        "at": TIME,
                        "status": maybe(WHOLE),
                        "error": maybe(TEXT),
                        "duration_ms": WHOLE,
                        "response": maybe(TEXT),
                        "next_attempt_at": maybe(TIME),
                    }
                )
            ),
        }
    ),
    "SentDelivery": shape({"delivery_id": id_of("del"), "replay_of?": id_of("del")}),
    "Replay": shape({"replay_id": TEXT}),
}


def definition_schemas() -> dict[str, JsonObject]:
    """Return the JSON Schema of definitions, with its parts beside the other schemas and named after them."""
    text = files("interactor.definitions.rules").joinpath("workflow-definition.json").read_text("utf-8")
    document: JsonObject = json.loads(text)
    parts = document.pop("$defs")
    for name in ("$schema", "$id"):
        document.pop(name, None)
    found = {"Definition": document} | {_named(name): part for name, part in parts.items()}
    return {name: _moved(part) for name, part in found.items()}


def _named(part: str) -> str:
    return "Definition" + "".join(word.title() for word in part.split("_"))


def _moved(value: Any) -> Any:
    if isinstance(value, dict):
        if str(value.get("$ref", "")).startswith("#/$defs/"):
            return ref(_named(value["$ref"].removeprefix("#/$defs/")))
        return {name: _moved(each) for name, each in value.items()}
    return [_moved(each) for each in value] if isinstance(value, list) else value
