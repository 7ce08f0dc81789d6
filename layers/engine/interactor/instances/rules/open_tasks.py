"""Tasks as an instance has them: how one begins, what is told of it, and what becomes of it beside its own acts.

A task is a halted thread whose state has an assignment. A commit that ends the halt in any other way than by a
decision (a cancel, a join, another thread's failure) cancels the task; a retry opens it again.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from interactor.assignments import quorum
from interactor.assignments.asked import Asked, AssignmentError
from interactor.assignments.members import Members
from interactor.assignments.progress import Progress, numbered
from interactor.assignments.resolve import resolve
from interactor.core import ids, jsons, limits
from interactor.core.jsons import JsonObject
from interactor.core.paths import Scope
from interactor.core.times import Millis
from interactor.definitions.rules.model import Definition, State
from interactor.instances.rules.events import Event
from interactor.instances.rules.instance import Halt, Instance, Thread

_ENDS = ("completed", "expired", "cancelled")


def assigned(
    state: State,
    halt: Halt,
    scope: Scope,
    instance: Instance,
    decided: Mapping[str, Sequence[str]],
    members: Members,
    now: Millis,
) -> Halt:
    """Return a halt that begins, with what its assignment asks, and of whom; ``decided``: who decided which state.

    Raises:
        AssignmentError: when it comes to nobody, cannot be read, or is too large beside the instance's other tasks.
        TemplateError: when a template of it cannot be filled.
    """
    found = resolve(
        state.assignment or {},
        scope,
        halt.presentation,
        halt.options,
        decided,
        members,
        now,
        shown_hash(halt),
    )
    others = all_slots(instance)
    here = len(found.users) + len(found.groups) + len(found.watchers)
    if others + here > limits.TASK_ENTRIES_PER_INSTANCE:
        raise AssignmentError(
            "assignment_too_large",
            f"The open tasks of the instance would be in {others + here} inboxes, and may be in "
            f"{limits.TASK_ENTRIES_PER_INSTANCE}",
        )
    return replace(halt, asked=found)


def shown_hash(halt: Halt) -> str:
    """Return the SHA-256 of what a halt shows, the same for the same presentation and options."""
    text = jsons.dumps([jsons.ordered(halt.presentation), jsons.ordered(halt.options)])
    return hashlib.sha256(text.encode()).hexdigest()


def slots(thread: Thread) -> int:
    """Return in how many inboxes the task of a thread may be."""
    if thread.halt is None or thread.halt.asked is None or thread.task is None:
        return 0
    found, progress = thread.halt.asked, thread.task
    assigned = len(quorum.present_users(found, progress)) + len(quorum.present_groups(found, progress))
    return assigned + len(found.watchers) + len(progress.questions) + (progress.owner is not None)


def all_slots(instance: Instance) -> int:
    """Return in how many inboxes the open tasks of an instance may be."""
    return sum(slots(each) for each in instance.threads.values() if each.waits_for_task)


def told(state: str, found: Asked, progress: Progress) -> JsonObject:
    """Return what every event of a task says of it; its id is added by the commit that numbers the events."""
    fields: JsonObject = {
        "state": state,
        "title": found.title,
        "due_at": found.due_at,
        "priority": found.priority,
        "key": found.key,
        "labels": dict(found.labels),
        "assignees": list(quorum.present_users(found, progress)),
        "groups": list(quorum.present_groups(found, progress)),
        "tally": quorum.tally(found, progress).to_json(),
    }
    return {name: value for name, value in fields.items() if value is not None}


def created(state: str, found: Asked, progress: Progress) -> JsonObject:
    """Return what the event says of a task that is opened: of it, and who is to be told."""
    users, groups = quorum.present_users(found, progress), quorum.present_groups(found, progress)
    notify: JsonObject = {"users": list(users), "groups": list(groups)}
    return told(state, found, progress) | {"notify": notify, "links": found.links}


def ended_otherwise(before: Mapping[str, Thread], after: Instance, events: Sequence[Event], now: Millis) -> list[Event]:
    """Return the events of tasks that a commit cancels or opens again beside what it is about."""
    found = []
    for thread in before.values():
        if not thread.waits_for_task or thread.task is None or thread.halt is None or thread.halt.asked is None:
            continue
        present = after.threads.get(thread.id)
        if present is not None and present.waits_for_task and present.sequence == thread.sequence:
            continue
        if not any(each.type == "task" and each.thread == thread.id and each.subtype in _ENDS for each in events):
            fields = told(thread.state, thread.halt.asked, thread.task)
            found.append(Event("task", "cancelled", now, thread.id, fields))
    for thread in after.threads.values():
        earlier = before.get(thread.id)
        again = thread.waits_for_task and thread.task is not None and thread.task.open
        if again and earlier is not None and not earlier.waits_for_task and thread.halt and thread.halt.asked:
            notify = {"notify": {"users": list(thread.halt.asked.users), "groups": list(thread.halt.asked.groups)}}
            fields = told(thread.state, thread.halt.asked, thread.task or Progress())
            found.append(Event("task", "created", now, thread.id, fields | notify | {"links": thread.halt.asked.links}))
    return found


def with_ids(
    before: Mapping[str, Thread], after: Instance, events: Sequence[JsonObject]
) -> tuple[Instance, tuple[JsonObject, ...]]:
    """Return the instance and its numbered events, each event of a task with the task's id.

    A task is named by the number of its waiting event, so that its id is known only when the events are numbered.
    """
    if not any(event["type"] == "task" for event in events):
        return after, tuple(events)
    numbers = {name: thread.task.number for name, thread in before.items() if thread.task is not None}
    named: list[JsonObject] = []
    responses: dict[str, dict[str, int]] = {}
    for event in events:
        thread = event["thread"]
        if (event["type"], event["subtype"]) == ("halt", "waiting"):
            numbers[thread] = event["number"]
        if event["type"] == "task" and thread in numbers:
            event = {**event, "task_id": ids.task_id(after.id, numbers[thread])}
            if event["subtype"] == "responded":
                responses.setdefault(thread, {})[event.get("on_behalf_of") or event["by"]] = event["number"]
        named.append(event)
    threads = {**after.threads}
    for name, thread in after.threads.items():
        if thread.task is not None and thread.waits_for_task:
            progress = thread.task if thread.task.open else replace(thread.task, number=numbers.get(name, 0))
            threads[name] = replace(thread, task=numbered(progress, responses.get(name, {})))
    return replace(after, threads=threads), tuple(named)


def deciders(definition: Definition | None, instance: Instance, events: Iterable[JsonObject]) -> Instance:
    """Return the instance with those who responded noted, for the states that another one's ``exclude`` names."""
    given = [each for each in events if each["type"] == "task" and each["subtype"] in ("responded", "overridden")]
    if definition is None or not given:
        return instance
    wanted = excluding(definition)
    ledger = {**instance.deciders}
    for event in given:
        if event["state"] in wanted:
            people = (*ledger.get(event["state"], ()), event["by"], *filter(None, (event.get("on_behalf_of"),)))
            ledger[event["state"]] = tuple(dict.fromkeys(people))
    return replace(instance, deciders=ledger)


def excluding(definition: Definition) -> frozenset[str]:
    """Return the states whose deciders another state excludes."""
    return frozenset(
        name
        for state in definition.states.values()
        for each in (state.assignment or {}).get("exclude") or ()
        if isinstance(each, dict)
        for name in each.get("decided") or ()
    )
