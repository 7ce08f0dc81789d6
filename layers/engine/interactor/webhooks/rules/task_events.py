"""Webhook events of tasks: which there are, and what their bodies have beside what every event of an instance has.

What a person filled into a form is in none of them: who may read it reads the instance. ``notify`` says who is to be
told, so that an application can do it by its own ways.
"""

from typing import Final

from interactor.core.jsons import Json, JsonObject
from interactor.core.times import iso

PREFIX: Final = "workflow.task."
DESCRIPTIONS: Final = {
    "created": "A task waits for somebody.",
    "responded": "A person responded to a task. That may decide it, or count towards a quorum.",
    "claimed": "A person took a task of a group.",
    "released": "A claimed task went back to its group, by hand or because the claim ended.",
    "reassigned": "A task went from one person to others.",
    "reminded": "People are reminded of a task.",
    "escalated": "A task reached its next level.",
    "info_requested": "A person asked a question about a task.",
    "info_answered": "A question about a task was answered.",
    "commented": "A person commented on a task.",
    "overridden": "A manager decided a task in the place of its assignees.",
    "completed": "A task was decided.",
    "expired": "The time of a task ended before it was decided.",
    "cancelled": "A task ended undecided, because its instance or thread did.",
}
"""What each event of a task tells, by its subtype in the history."""

_ALWAYS: Final = ("task_id", "title", "state")
_WHERE_SET: Final = ("priority", "key")
_SAID: Final = (
    *("by", "on_behalf_of", "via", "outcome", "comment", "level"),
    *("from", "to", "reason", "question", "answer"),
)
"""Members that only some events have."""


def event_types() -> dict[tuple[str, str], str]:
    """Return the names of the events, by type and subtype in the history."""
    return {("task", subtype): f"{PREFIX}{subtype}" for subtype in DESCRIPTIONS}


def particulars(event: JsonObject) -> JsonObject:
    """Return what the body of a task's event adds to those of all events."""
    due_at = event.get("due_at")
    notify: JsonObject = event.get("notify") or {}
    told: Json = {"notify": {"users": notify.get("users", []), "groups": notify.get("groups", [])}} if notify else {}
    return {
        "thread_id": event["thread"],
        "halt_id": event["halt_id"],
        **{name: event[name] for name in _ALWAYS},
        "due_at": None if due_at is None else iso(due_at),
        **{name: event.get(name) for name in _WHERE_SET},
        "labels": event.get("labels", {}),
        "assignees": event.get("assignees", []),
        "groups": event.get("groups", []),
        "tally": event.get("tally"),
        **{name: event[name] for name in _SAID if name in event},
        **told,
    }
