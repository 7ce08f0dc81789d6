"""Engine values as the JSON of answers (spec sections on workflows, instances and threads; rulings 10, 15, 20, 28)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interactor.api.history import entries
from interactor.core import jsons, limits
from interactor.core.times import iso
from interactor.forms import redaction
from interactor.instances.rules import halts
from interactor.instances.rules.instance import Phase

if TYPE_CHECKING:
    # Each endpoint shows a few of these, and imports no others.
    from collections.abc import Iterable

    from interactor.core.jsons import JsonObject
    from interactor.definitions.stored import Version, Workflow
    from interactor.files.uploads import Begun, Shown
    from interactor.forms.file_fields import File
    from interactor.instances.rules.instance import Instance, Thread
    from interactor.instances.rules.stored import Record
    from interactor.instances.store.listing import Listed
    from interactor.webhooks.rules.delivery import Delivery
    from interactor.webhooks.rules.events import Subscription


def instance(found: Instance, records: Iterable[Record]) -> JsonObject:
    """Return a whole instance, with its threads and latest history."""
    view: JsonObject = {
        "id": found.id,
        "workflow_id": found.workflow_id,
        "workflow_name": found.workflow_name,
        "version_id": found.version_id,
        "namespace": found.namespace,
        "status": found.status,
        "current_state": found.main.state,
        "workflow_data": redaction.data(found.data, found.redacted),
    }
    halted = found.halted_threads()
    if len(halted) == 1:
        view |= _halt(found, halted[0])
    view["threads"] = threads(found)
    view |= _latest(records)
    view["created_at"] = iso(found.created_at)
    view["updated_at"] = iso(found.updated_at)
    if found.paused:
        view["paused"] = True
    return view | _end(found)


def threads(found: Instance) -> list[JsonObject]:
    """Return the threads of an instance, as ruling 20 shows them."""
    return [_thread(found, each) for each in found.threads.values()]


def upload(begun: Begun) -> JsonObject:
    """Return an upload that may begin."""
    form = {"url": begun.url, "fields": dict(begun.fields)}
    return {**_file(begun.file), **form, "expires_at": iso(begun.expires_at)}


def download(shown: Shown) -> JsonObject:
    """Return a file and the link to its contents."""
    return {**_file(shown.file), "url": shown.url, "expires_at": iso(shown.expires_at)}


def _file(file: File) -> JsonObject:
    return {"id": file.id, "field": file.field, "thread_id": file.thread, **file.value}


def listed(found: Listed) -> JsonObject:
    """Return an instance for a list."""
    return {
        "id": found.id,
        "workflow_name": found.summary["workflow_name"],
        "namespace": found.namespace,
        "status": found.status,
        "current_state": found.summary["current_state"],
        "created_at": iso(found.summary["created_at"]),
    }


def workflow(found: Workflow) -> JsonObject:
    """Return a workflow for a list."""
    return {
        "name": found.name,
        "workflow_id": found.workflow_id,
        "latest_version_id": found.latest_version_id,
        "published_version_id": found.published_version_id,
        "created_at": iso(found.created_at),
    }


def version(found: Version) -> JsonObject:
    """Return a version, without its definition."""
    view: JsonObject = {
        "version_id": found.version_id,
        "status": "draft" if found.published_at is None else "published",
        "created_at": iso(found.created_at),
    }
    if found.published_at is not None:
        view["published_at"] = iso(found.published_at)
    if found.superseded_at is not None:
        view["superseded_at"] = iso(found.superseded_at)
    return view


def subscription(found: Subscription) -> JsonObject:
    """Return a subscription, without its secret."""
    view: JsonObject = {
        "id": found.id,
        "url": found.url,
        "events": list(found.events),
        "namespace_filter": found.namespace_filter,
        "rate_per_minute": found.rate,
        "status": found.status,
        "created_at": iso(found.created_at),
    }
    if found.disabled_at is not None:
        view |= {"disabled_at": iso(found.disabled_at), "disabled_reason": found.disabled_because}
    if found.failing_since is not None:
        view["failing_since"] = iso(found.failing_since)
    return view


def delivery(found: Delivery) -> JsonObject:
    """Return a delivery for a list."""
    source, last = found.source, found.attempts[-1] if found.attempts else None
    view: JsonObject = {
        "id": found.id,
        "event": source["event"],
        "event_id": source["event_id"],
        "namespace": source["namespace"],
        "instance_id": source.get("instance_id"),
        "timestamp": source["timestamp"],
        "status": found.state,
        "attempts_made": found.made,
        "last_attempt_at": None if last is None else iso(last.at),
        "last_status": None if last is None else last.status,
        "next_attempt_at": None if found.next_at is None else iso(found.next_at),
    }
    view |= {name: source[name] for name in ("replay_of", "test") if name in source}
    view |= {} if found.replayed_by is None else {"replayed_by": found.replayed_by}
    return view | ({} if found.reason is None else {"reason": found.reason})


def attempts(found: Delivery) -> list[JsonObject]:
    """Return the attempts of a delivery, the first one first."""
    return [
        {
            "number": number,
            "at": iso(each.at),
            "status": each.status,
            "error": each.problem,
            "duration_ms": each.duration_ms,
            "response": each.response,
            "next_attempt_at": None if each.next_at is None else iso(each.next_at),
        }
        for number, each in enumerate(found.attempts, 1)
    ]


def page(name: str, members: list[JsonObject], next_cursor: str | None) -> JsonObject:
    """Return a list with its pagination (ruling 22)."""
    return {name: members, "pagination": {"has_more": next_cursor is not None, "next_cursor": next_cursor}}


def _thread(found: Instance, thread: Thread) -> JsonObject:
    status = "completed" if thread.outcome else "halted" if thread.phase is Phase.HALTED else "running"
    view: JsonObject = {"id": thread.id, "status": status, "current_state": thread.state}
    if thread.outcome is not None:
        view["outcome"] = thread.outcome
    return view | _halt(found, thread)


def _halt(found: Instance, thread: Thread) -> JsonObject:
    if thread.phase is not Phase.HALTED or thread.halt is None:
        return {}
    view: JsonObject = {
        "halted_at_state": thread.state,
        "halt_id": halts.present(found, thread),
        "halting_presentation": thread.halt.presentation,
        "halted_options": thread.halt.options,
    }
    return view | ({} if thread.halt.timeout_at is None else {"timeout_at": iso(thread.halt.timeout_at)})


def _end(found: Instance) -> JsonObject:
    view: JsonObject = {}
    if found.ended_at is not None:
        view[f"{found.status}_at"] = iso(found.ended_at)
    if found.cancel_reason is not None:
        view["cancel_reason"] = found.cancel_reason
    if found.failure is not None:
        view |= {"error": found.failure.message, "error_code": found.failure.code, "failed_state": found.failure.state}
    return view


def _latest(records: Iterable[Record]) -> JsonObject:
    """Return the last entries of the history, as many as an answer contains."""
    events = [event for record in records for event in record.events]
    found = entries(events)
    kept = found[-limits.INSTANCE_HISTORY_ENTRIES :]
    room = limits.INSTANCE_HISTORY_BYTES - jsons.size(kept)
    while room < 0 and kept:
        room += jsons.size(kept[0]) + 1
        kept = kept[1:]
    whole = len(kept) == len(found) and (not events or events[0]["number"] == 1)
    return {"history": kept} | ({} if whole else {"history_truncated": True})
