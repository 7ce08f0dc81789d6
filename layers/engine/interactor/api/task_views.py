"""Tasks as the JSON of answers: in a list, and one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interactor.assignments import quorum
from interactor.core.times import iso
from interactor.instances.rules import halts

if TYPE_CHECKING:
    from interactor.core.jsons import JsonObject
    from interactor.core.times import Millis
    from interactor.instances.rules.instance import Instance
    from interactor.tasks.find import Open
    from interactor.tasks.rules.rights import Rights
    from interactor.tasks.story import Story

_TIMES = ("created_at", "due_at", "at")
_HIDDEN = ("hash", "number", "type", "address", "notify", "links")
_ACTS = ("claim", "release", "reassign", "ask", "comment", "remind")
_MANAGES = ("escalate", "override")


def listed(shown: JsonObject) -> JsonObject:
    """A task in a list."""
    view = {name: value for name, value in shown.items() if name not in ("hash", "task_id") and value is not None}
    for name in _TIMES:
        if name in view:
            view[name] = iso(view[name])
    return {"id": shown["task_id"], **{"priority": "normal"}, **view}


def open_task(instance: Instance, found: Open, rights: Rights, now: Millis, story: Story | None = None) -> JsonObject:
    """An open task, with what its reader may do at it; ``story`` adds responses and comments."""
    asked, progress, halt = found.asked, found.progress, found.halt
    view: JsonObject = {
        "id": found.task,
        "status": "open",
        "instance_id": instance.id,
        "workflow_name": instance.workflow_name,
        "version_id": instance.version_id,
        "namespace": instance.namespace,
        "state": found.thread.state,
        "thread_id": found.thread.id,
        "halt_id": halts.present(instance, found.thread),
        "title": asked.title,
        "presentation": halt.presentation,
        "options": halt.options,
        "shown": asked.shown,
        "created_at": iso(halt.since),
        "due_at": None if asked.due_at is None else iso(asked.due_at),
        "overdue": asked.due_at is not None and asked.due_at < now,
        "timeout_at": None if halt.timeout_at is None else iso(halt.timeout_at),
        "priority": asked.priority,
        "key": asked.key,
        "labels": dict(asked.labels),
        "assignees": list(quorum.present_users(asked, progress)),
        "groups": list(quorum.present_groups(asked, progress)),
        "owner": progress.owner,
        "owner_until": None if progress.owner_until is None else iso(progress.owner_until),
        "comment": asked.comment,
        "quorum": _quorum(found),
        "tally": quorum.tally(asked, progress).to_json(),
        "questions": [{"id": each.id, "by": each.by, "of": each.of, "at": iso(each.at)} for each in progress.questions],
        "my": {"can": can(found, rights), "responded": _responded(found, rights)},
    }
    if instance.paused:
        view["paused"] = True
    return view if story is None else view | told(story)


def closed_task(instance: Instance, task: str, story: Story) -> JsonObject:
    """A task that is closed, as the history tells it."""
    created, waiting, end = story.created, story.waiting, story.end or {}
    view: JsonObject = {
        "id": task,
        "status": end.get("subtype", "completed"),
        "instance_id": instance.id,
        "workflow_name": instance.workflow_name,
        "version_id": instance.version_id,
        "namespace": instance.namespace,
        "state": created["state"],
        "thread_id": created["thread"],
        "halt_id": waiting.get("halt_id"),
        "title": created.get("title"),
        "presentation": waiting["halting_presentation"],
        "options": waiting["halted_options"],
        "created_at": iso(created["at"]),
        "due_at": iso(created["due_at"]) if "due_at" in created else None,
        "priority": created["priority"],
        "key": created.get("key"),
        "labels": created.get("labels", {}),
        "assignees": end.get("assignees", created["assignees"]),
        "groups": end.get("groups", created["groups"]),
        "tally": end.get("tally", created["tally"]),
        **story.closed(),
        "my": {"can": [], "responded": None},
    }
    return view | told(story)


def told(story: Story) -> JsonObject:
    """What people did: responses, comments, questions with their answers."""
    names = ("by", "on_behalf_of", "via", "outcome", "input", "comment", "reason")
    responses = [
        {**{name: event[name] for name in names if name in event}, "at": iso(event["at"])}
        for event in story.of("responded", "overridden")
    ]
    comments = [
        {"by": event.get("by"), "at": iso(event["at"]), "text": event.get("comment")}
        for event in story.of("commented")
        if event.get("comment") is not None
    ]
    answers = {event["question_id"]: event for event in story.of("info_answered")}
    asked = [
        {
            "id": event["question_id"],
            "by": event.get("by"),
            "of": event["of"],
            "question": event["question"],
            "at": iso(event["at"]),
            **_answer(answers.get(event["question_id"])),
        }
        for event in story.of("info_requested")
    ]
    return {"responses": responses, "comments": comments, "questions": asked}


def event(found: JsonObject) -> JsonObject:
    """One event of a task's history."""
    view = {name: value for name, value in found.items() if name not in _HIDDEN}
    for name in _TIMES:
        if name in view:
            view[name] = iso(view[name])
    return view


def can(found: Open, rights: Rights) -> list[str]:
    """What its reader may do at a task now."""
    may: list[str] = []
    assigned = rights.is_assigned(found.asked, found.progress) and rights.person not in found.asked.excluded
    if rights.can_respond(found.asked, found.progress, found.task):
        may.append("respond")
        if found.asked.quorum.kind == "first" and found.progress.owner is None:
            may.append("claim")
    if found.progress.owner is not None and (rights.person == found.progress.owner or rights.manages):
        may.append("release")
    if (assigned and found.asked.delegation != "none") or rights.manages:
        may.append("reassign")
    if assigned or rights.manages:
        may.append("ask")
    if any(each.of == rights.person or rights.manages for each in found.progress.questions):
        may.append("answer")
    may += ["comment", "remind"]
    return may + ([*_MANAGES] if rights.manages and rights.person not in found.asked.excluded else [])


def _quorum(found: Open) -> JsonObject:
    rule = found.asked.quorum
    view: JsonObject = {"kind": rule.kind, "needed": quorum.needed(found.asked, found.progress)}
    if rule.reject is not None:
        view["reject"] = rule.reject
    return view | ({"per_group": True} if rule.per_group else {})


def _responded(found: Open, rights: Rights) -> JsonObject | None:
    given = None if rights.person is None else found.progress.of(rights.person)
    return None if given is None else {"outcome": given.side, "by": given.by}


def _answer(event: JsonObject | None) -> JsonObject:
    if event is None:
        return {"answer": None}
    return {"answer": event["answer"], "answered_by": event.get("by"), "answered_at": iso(event["at"])}
