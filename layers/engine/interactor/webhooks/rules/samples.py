"""Makes a sample of each webhook event, in the same way as a real one, for an instance that does not exist."""

from interactor.access.rules.principal import ALL, DEFAULT_NAMESPACE
from interactor.core import ids
from interactor.core.jsons import JsonObject
from interactor.core.times import DAY, Millis
from interactor.instances.rules.stored import Record
from interactor.webhooks.rules.events import (
    EVENTS,
    SUBSCRIPTION_DISABLED,
    Subscription,
    body,
    disabled_body,
    disabled_event,
)

_MAIN = "thread_main"
_HISTORY: dict[str, JsonObject] = {
    "workflow.instance.created": {"initial_state": "submit", "input": {"amount": 5000}},
    "workflow.instance.halted": {
        "state": "await_approval",
        "halting_presentation": {"type": "message", "title": "Approval required", "message": "Approve?"},
        "halted_options": {
            "instruction": "Approve?",
            "transition_mode": "selection",
            "choices": [],
            "include_data": [],
            "generated": False,
        },
    },
    "workflow.instance.resumed": {"state": "await_approval", "input": {"approved": True}, "by": "client_1"},
    "workflow.instance.completed": {"state": "approved"},
    "workflow.instance.failed": {
        "error": "POST to api.example.com answered 500",
        "error_code": "http_error",
        "failed_state": "notify",
    },
    "workflow.instance.cancelled": {"state": "await_approval", "cancel_reason": "requested"},
    "workflow.instance.state_changed": {"from_state": "submit", "to_state": "await_approval", "trigger": "automatic"},
}
_TOLD: JsonObject = {"notify": {"users": ["ann"], "groups": []}}
_ACT: JsonObject = {"by": "ann", "via": "inbox"}
_TASK_HISTORY: dict[str, JsonObject] = {
    "created": _TOLD,
    "responded": {**_ACT, "outcome": "approve", "comment": "Needed for Q1"},
    "claimed": _ACT,
    "released": _ACT,
    "reassigned": {**_ACT, "from": "ann", "to": ["bo"], "notify": {"users": ["bo"], "groups": []}},
    "reminded": {**_TOLD, "via": "timer"},
    "escalated": {**_TOLD, "via": "timer", "level": 1},
    "info_requested": {**_ACT, "question": "Which cost centre?", "notify": {"users": ["cho"], "groups": []}},
    "info_answered": {"by": "cho", "via": "api", "question": "Which cost centre?", "answer": "4711"},
    "commented": {**_ACT, "comment": "Waiting for the offer"},
    "overridden": {"by": "dee", "via": "api", "outcome": "approve", "reason": "Ann is ill"},
    "completed": {"outcome": "approved"},
    "expired": {"outcome": "expired", "via": "timer"},
    "cancelled": {"reason": "requested"},
}


def sample(event: str, subscription: Subscription, now: Millis, entropy: bytes) -> JsonObject:
    """Return the body of a sample: an event of this type with made-up contents, marked ``test: true``.

    ``entropy`` is 10 random bytes. Two tests differ in all their ids.
    """
    event_id = ids.event_id(1, now, entropy)
    delivery = ids.make("del", now, entropy)
    if event == SUBSCRIPTION_DISABLED:
        found = disabled_body(disabled_event(subscription.disabled("failing", now), event_id), subscription.id)
        return {**found, "delivery_id": delivery, "test": True}
    instance = ids.make("inst", now, entropy)
    kind, subtype = next(key for key, name in EVENTS.items() if name == event)
    history: JsonObject = {
        "number": 1,
        "id": event_id,
        "type": kind,
        "subtype": subtype,
        "at": now,
        "thread": _MAIN,
        **(_HISTORY.get(event) or _task(instance, now) | _TASK_HISTORY[subtype]),
        **({"halt_id": ids.halt_id(1, now, instance, _MAIN)} if kind in ("halt", "task") else {}),
    }
    envelope: JsonObject = {
        "namespace": _namespace(subscription),
        "workflow_name": "approval_workflow",
        "version_id": ids.make("v", now, entropy),
    }
    data: JsonObject = {"layers": {_MAIN: {"amount": 5000, "status": "pending"}}, "parents": {}}
    record = Record(subscription.account, instance, (history,), data, 1, envelope)
    return {**body([record], 1, subscription.id, delivery), "test": True}


def _task(instance: str, now: Millis) -> JsonObject:
    """Return what every event of a task has."""
    return {
        "task_id": f"task_{instance.removeprefix('inst_')}_1",
        "state": "await_approval",
        "title": "Approval required",
        "due_at": now + 2 * DAY,
        "priority": "normal",
        "key": "order-4711",
        "labels": {"site": "berlin"},
        "assignees": ["ann"],
        "groups": [],
        "tally": {"approve": 0, "reject": 0, "responses": 0, "needed": 1},
    }


def _namespace(subscription: Subscription) -> str:
    if subscription.namespace_filter is not None:
        return subscription.namespace_filter
    return DEFAULT_NAMESPACE if subscription.namespaces is ALL else subscription.namespaces[0]
