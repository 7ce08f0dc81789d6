"""Makes a sample of each webhook event, in the same way as a real one, for an instance that does not exist."""

from interactor.access.rules.principal import ALL, DEFAULT_NAMESPACE
from interactor.core import ids
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
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
        **_HISTORY[event],
        **({"halt_id": ids.halt_id(1, now, instance, _MAIN)} if kind == "halt" else {}),
    }
    envelope: JsonObject = {
        "namespace": _namespace(subscription),
        "workflow_name": "approval_workflow",
        "version_id": ids.make("v", now, entropy),
    }
    data: JsonObject = {"layers": {_MAIN: {"amount": 5000, "status": "pending"}}, "parents": {}}
    record = Record(subscription.account, instance, (history,), data, 1, envelope)
    return {**body([record], 1, subscription.id, delivery), "test": True}


def _namespace(subscription: Subscription) -> str:
    if subscription.namespace_filter is not None:
        return subscription.namespace_filter
    return DEFAULT_NAMESPACE if subscription.namespaces is ALL else subscription.namespaces[0]
