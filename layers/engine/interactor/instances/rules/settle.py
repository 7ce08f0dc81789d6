"""Makes the next version of an instance from the change of one thread, and says when the instance is due again.

If another thread's commit came first, the change is settled again on the new head, as long as its own thread is where
it was. What it computed is kept (invariant 1).
"""

from collections.abc import Sequence
from dataclasses import replace

from interactor.core import limits
from interactor.core.errors import WorkflowDataTooLargeError
from interactor.core.jsons import JsonObject, size
from interactor.core.times import Millis
from interactor.definitions.rules.model import Definition
from interactor.forms import file_fields
from interactor.instances.rules import halts
from interactor.instances.rules.consequences import InstanceDraft, Settled
from interactor.instances.rules.events import Event
from interactor.instances.rules.instance import Failure, Halt, Instance, Phase, Thread
from interactor.instances.rules.thread_draft import ThreadChange, failed


class OvertakenError(Exception):
    """The thread has moved since the change began, so the change is void."""


def settle(
    definition: Definition,
    head: Instance,
    change: ThreadChange,
    now: Millis,
    entropy: bytes,
    in_flight: Sequence[JsonObject] = (),
) -> Settled:
    """Return the instance after ``change``, judged on its present head.

    ``entropy`` (at least 5 random bytes) goes into the ids of the events. ``in_flight`` are the HTTP actions that
    threads have under way: an event that ends such a thread names its action (ruling 24).

    Raises:
        OvertakenError: the thread has moved, the instance has ended without it, or was paused before a resume.
        WorkflowDataTooLargeError: a resume would make the data too large together with what others wrote.
    """
    present = head.threads.get(change.before.id)
    if present is None or present.position != change.before.position or present.outcome != change.before.outcome:
        raise OvertakenError
    if head.paused and is_resume(change):
        raise OvertakenError
    change = _within_bounds(head, change, now)
    shift = head.next_sequence - change.first_sequence
    takes_files = head.takes_files or (change.after.halt is not None and _asks_for_files(change.after.halt))
    head = replace(head, next_sequence=change.next_sequence + shift, takes_files=takes_files)
    draft = InstanceDraft(definition, head, now, in_flight)
    # The values of the sequences do not matter, only that none is given twice.
    after = _shifted(change.after, shift, change.first_sequence)
    draft.events.extend(halts.named(event, head.id, change.before, after) for event in change.events)
    if after.last_resume is not None and is_resume(change):
        # The time of the commit decides what is simultaneous, not the time when the computing began (ruling 17).
        after = replace(after, last_resume=replace(after.last_resume, at=now))
    draft.put(after)
    for thread in change.forked:
        draft.put(_shifted(thread, shift, change.first_sequence))
    if change.before.outcome is None and change.after.outcome is not None:
        draft.thread_ended(change.after.id)
    return replace(draft.settled(entropy, change.by), done=change.done)


def too_large(change: ThreadChange, message: str, now: Millis) -> ThreadChange:
    """Return the change, ended by ``instance_too_large`` because its result cannot be stored."""
    return _failed(change, "instance_too_large", message, now)


def _asks_for_files(halt: Halt) -> bool:
    return bool(file_fields.fields_of(halt.presentation))


def is_resume(change: ThreadChange) -> bool:
    """Whether the change contains a person's decision."""
    return change.after.last_resume != change.before.last_resume


def _within_bounds(head: Instance, change: ThreadChange, now: Millis) -> ThreadChange:
    """Return the change, or the failure that it is on this head: threads that are each within a bound may exceed it
    together.
    """
    if change.after.outcome == "failed":
        return change
    grown = size(change.after.layer) > size(change.before.layer)
    if grown and head.with_thread(change.after).data_size() > limits.WORKFLOW_DATA_BYTES:
        if is_resume(change):
            raise WorkflowDataTooLargeError("With this input workflow_data would be over 256 KB; send less")
        return _failed(change, "workflow_data_too_large", "workflow_data is over 256 KB", now)
    if change.after.waits_for_task and not change.before.waits_for_task:
        from interactor.instances.rules import open_tasks

        if open_tasks.all_slots(head.with_thread(change.after)) > limits.TASK_ENTRIES_PER_INSTANCE:
            return _failed(change, "assignment_too_large", "The instance's tasks would be in over 60 inboxes", now)
    alive = sum(1 for thread in head.threads.values() if thread.outcome is None)
    if change.forked and alive + len(change.forked) > limits.THREADS_ALIVE + 1:
        return _failed(change, "thread_limit_exceeded", "More than 10 threads would live at once", now)
    return change


def _failed(change: ThreadChange, code: str, message: str, now: Millis) -> ThreadChange:
    """Return the change, ended by a failure. Its events stay, without the data that is not stored."""
    failure = Failure(code, message, change.before.state, change.before.phase)
    fields: JsonObject = {"state": failure.state, "code": code, "message": message}
    told = [event for event in change.events if event.type == "step" or event.subtype == "created"][:2]
    kept = tuple(replace(event, fields={**event.fields, "changes": {}}) for event in told)
    error = Event("error", "step_failed", now, change.before.id, fields)
    ended = change.before.outcome is not None
    # A thread that has ended has only its on_enter left: its end stays as it was.
    after = replace(change.before, phase=Phase.ENDED, due_at=None) if ended else failed(change.before, failure)
    return replace(change, after=after, forked=(), events=(*kept, error))


def _shifted(thread: Thread, shift: int, first: int) -> Thread:
    """Return the thread with the sequences of this change moved after those of the previous commit."""
    if shift == 0 or thread.sequence < first:
        return thread
    return replace(thread, sequence=thread.sequence + shift)
