"""HTTP actions under way (ruling 24)."""

from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.definitions.rules.model import Definition
from interactor.instances.rules.machine import Advance
from interactor.instances.rules.stored import Head
from interactor.instances.rules.thread_draft import action_key


def in_flight(definition: Definition, head: Head, now: Millis) -> list[JsonObject]:
    """Return the actions that workers may be making at this moment.

    An event that ends their threads names them (ruling 24).
    """
    found: list[JsonObject] = []
    for thread_id, lease in head.leases.items():
        thread = head.instance.threads.get(thread_id)
        if thread is None or lease.until <= now:
            continue
        step = Advance(definition, head.instance, thread_id).step
        if step is not None and step.effective:
            key = action_key(head.instance, thread)
            found.append({"state": thread.state, "thread": thread_id, "idempotency_key": key})
    return found
