"""An instance as a document, and back. The schema number tells later versions what they read."""

from dataclasses import asdict, fields
from typing import Any, TypeVar

from interactor.core.instance import Failure, Halt, Instance, LastResume, Phase, Thread
from interactor.core.jsons import JsonObject

SCHEMA = 1

T = TypeVar("T")

_DEFAULTS: dict[str, Any] = {
    each.name: each.default for each in fields(Thread) if each.default.__class__.__name__ != "_MISSING_TYPE"
}


def to_document(instance: Instance) -> JsonObject:
    """The document of everything but the layers and the version, which have places of their own in the item."""
    document = {
        each.name: getattr(instance, each.name)
        for each in fields(Instance)
        if each.name not in ("threads", "version", "failure")
    }
    document["schema"] = SCHEMA
    document["threads"] = [_thread(thread) for thread in instance.threads.values()]
    if instance.failure is not None:
        document["failure"] = asdict(instance.failure)
    return {name: value for name, value in document.items() if value is not None}


def layers(instance: Instance) -> JsonObject:
    """What each thread has written: thread id to its top-level keys."""
    return {thread.id: thread.layer for thread in instance.threads.values() if thread.layer}


def from_document(document: JsonObject, written: JsonObject, version: int) -> Instance:
    """The instance of a document, its layers and its version."""
    rest = {name: value for name, value in document.items() if name not in ("schema", "threads", "failure")}
    threads = [_read_thread(each, written.get(each["id"], {})) for each in document["threads"]]
    return Instance(
        **rest,
        threads={thread.id: thread for thread in threads},
        failure=_read(Failure, document.get("failure")),
        version=version,
    )


def _thread(thread: Thread) -> JsonObject:
    document: JsonObject = {}
    for each in fields(Thread):
        value = getattr(thread, each.name)
        if each.name == "layer" or (each.name in _DEFAULTS and value == _DEFAULTS[each.name]):
            continue
        if isinstance(value, (Halt, Failure, LastResume)):
            value = asdict(value)
        document[each.name] = value
    return document


def _read_thread(document: JsonObject, layer: JsonObject) -> Thread:
    special = {
        "phase": Phase(document["phase"]),
        "forked": tuple(document.get("forked", ())),
        "halt": _read(Halt, document.get("halt")),
        "failure": _read(Failure, document.get("failure")),
        "last_resume": _read(LastResume, document.get("last_resume")),
        "layer": layer,
    }
    return Thread(**{**document, **special})


def _read(kind: type[T], document: JsonObject | None) -> T | None:
    return None if document is None else kind(**document)
