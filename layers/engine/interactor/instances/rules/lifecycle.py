"""Rules for an instance as a whole: cancel, pause, unpause, retry after a failure (rulings 24, 29)."""

from dataclasses import replace

from interactor.core import limits
from interactor.core.errors import HistoryLimitExceededError, InstanceNotActiveError, InstanceNotFailedError
from interactor.core.jsons import Json, JsonObject
from interactor.core.times import Millis
from interactor.definitions.rules.model import Definition
from interactor.instances.rules.consequences import InstanceDraft, Settled
from interactor.instances.rules.instance import MAIN, Failure, Instance, Phase, Thread
from interactor.instances.rules.thread_draft import cancelled, failed

_GIVEN_UP = "internal_error"
_GIVEN_UP_MESSAGE = "The engine could not take the instance on, however often it tried"


def cancel(head: Instance, reason: str, by: Json, in_flight: list[JsonObject], now: Millis, entropy: bytes) -> Settled:
    """Return the instance, cancelled with all its threads in one commit (ruling 24).

    ``in_flight`` names the HTTP actions that were under way, because their effects may have happened.

    Raises:
        InstanceNotActiveError: it has ended.
    """
    _require_active(head)
    draft = InstanceDraft(None, replace(head, cancel_reason=reason, paused=False), now)
    for thread in head.threads.values():
        if thread.outcome is None:
            draft.put(cancelled(thread))
    fields: JsonObject = {"cancel_reason": reason, "state": head.main.state, **_attribution(by)}
    draft.end("cancelled", fields | ({"in_flight": in_flight} if in_flight else {}))
    return draft.settled(entropy, by)


def pause(head: Instance, by: Json, now: Millis, entropy: bytes) -> Settled:
    """Return the instance, paused: running actions may commit their results, and nothing new starts (ruling 29).

    There must be room for its unpause too. Otherwise the instance would stay paused for ever.

    Raises:
        InstanceNotActiveError: it has ended.
        HistoryLimitExceededError: its history is full.
    """
    _require_active(head)
    _require_room(head, 2)
    return _noted(replace(head, paused=True), "paused", by, now, entropy)


def unpause(head: Instance, by: Json, now: Millis, entropy: bytes) -> Settled:
    """Return the instance, unpaused.

    Raises:
        InstanceNotActiveError: it has ended.
    """
    _require_active(head)
    return _noted(replace(head, paused=False), "unpaused", by, now, entropy)


def retry(definition: Definition, head: Instance, by: Json, now: Millis, entropy: bytes, quota_shard: int) -> Settled:
    """Return a failed instance, continued from the step that failed, which keeps its sequence and key (ruling 29).

    Threads that its failure ended are again where they were. What was finished is not repeated.

    Raises:
        InstanceNotFailedError: it has not failed.
        HistoryLimitExceededError: its history is full.
    """
    if head.status != "failed" or head.failure is None:
        raise InstanceNotFailedError(
            f"Instance '{head.id}' has not failed, it is {head.status}; only a failed one can be retried",
            {"status": head.status},
        )
    _require_room(head, 1)
    failed_state = head.failure.state
    again = replace(head, status="running", status_since=now, ended_at=None, failure=None, quota_shard=quota_shard)
    draft = InstanceDraft(definition, again, now)
    _restore(draft, MAIN)
    draft.note(MAIN, "lifecycle", "retried", {"state": failed_state, **_attribution(by)})
    for thread in list(draft.instance.threads.values()):
        if thread.phase is Phase.JOINING:
            # A bound may have stopped the join itself. Then no thread is left whose end would complete it.
            draft.join_again(thread.id)
    return draft.settled(entropy, by)


def give_up(head: Instance, in_flight: list[JsonObject], now: Millis, entropy: bytes) -> Settled:
    """Return the instance, failed with ``internal_error`` because the engine cannot continue it.

    This needs neither the definition nor any rule, so a fault in those does not stop it (invariant 9). An ended
    instance keeps its status; what its threads still had to do is dropped.

    Raises:
        InstanceNotActiveError: it has ended, and there is nothing left to drop.
    """
    if not list(head.running_threads()):
        _require_active(head)
    state = head.main.state
    fields: JsonObject = {"state": state, "code": _GIVEN_UP, "message": _GIVEN_UP_MESSAGE}
    failure = Failure(_GIVEN_UP, _GIVEN_UP_MESSAGE, state, head.main.phase)
    draft = InstanceDraft(None, replace(head, failure=head.failure if head.ended else failure), now)
    draft.note(MAIN, "error", "step_failed", fields)
    ended = []
    for thread in head.threads.values():
        if thread.outcome is not None:
            draft.put(replace(thread, phase=Phase.ENDED, due_at=None))
        elif thread.id == MAIN:
            draft.put(replace(failed(thread, failure), cut_off=thread.phase))
        else:
            draft.put(cancelled(thread))
            ended.append(thread.id)
    if not head.ended:
        draft.note(MAIN, "error", "instance_failed", fields)
        told: JsonObject = {"error": _GIVEN_UP_MESSAGE, "error_code": _GIVEN_UP, "failed_state": state}
        told |= {"cancelled": ended} if ended else {}
        draft.end("failed", told | ({"in_flight": in_flight} if in_flight else {}))
    return draft.settled(entropy, None)


def _restore(draft: InstanceDraft, thread_id: str) -> None:
    thread = draft.instance.threads[thread_id]
    if thread.outcome is None or thread.outcome == "completed":
        return
    phase = thread.cut_off if thread.cut_off is not None else thread.failure.phase if thread.failure else Phase.LEAVE
    draft.put(_standing_again(thread, Phase(phase)))
    for name in thread.forked:
        _restore(draft, name)


def _standing_again(thread: Thread, phase: Phase) -> Thread:
    return replace(thread, phase=phase, outcome=None, failure=None, cut_off=None, attempt=1, due_at=None, transitions=0)


def _noted(instance: Instance, subtype: str, by: Json, now: Millis, entropy: bytes) -> Settled:
    draft = InstanceDraft(None, instance, now)
    draft.note(MAIN, "lifecycle", subtype, {"state": instance.main.state, **_attribution(by)})
    return draft.settled(entropy, by)


def _attribution(by: Json) -> JsonObject:
    return {"by": by} if by is not None else {}


def _require_room(instance: Instance, events: int) -> None:
    if instance.next_event + events - 1 > limits.EVENTS_PER_INSTANCE:
        raise HistoryLimitExceededError(instance.id)


def _require_active(instance: Instance) -> None:
    if instance.ended:
        status = instance.status
        raise InstanceNotActiveError(f"Instance '{instance.id}' is {status} already", {"status": status})
