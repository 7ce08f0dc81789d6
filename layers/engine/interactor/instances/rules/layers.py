"""What a thread wrote over the data of its parent, and how a join combines this (ruling 19).

A layer has whole top-level values. A result that was stored at a path (``checks.credit``) was written only at that
path. The values beside it are as they were at the fork, and must not undo what a sibling wrote there meanwhile. Such
paths are stored among the thread's ``writers``, under names that no key and no state of a definition can have. A
release that does not know them reads the document as before, and joins the whole value.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from interactor.core.jsons import Json, JsonObject
from interactor.core.paths import MISSING, Missing, look_up

Path = tuple[str, ...]
Writers = Mapping[str, str]

RESULTS = "results"
"""Where results go whose own place is taken (ruling 7)."""

_MARK = "\0"
"""Begins the name of a path among writers, and separates its steps."""


@dataclass(frozen=True)
class Written:
    """Top-level values that are written.

    ``paths`` are the paths below a key if only those were written; else the whole value.
    """

    values: JsonObject
    paths: tuple[Path, ...] = ()


def after_write(layer: JsonObject, writers: Writers, keys: Iterable[str], paths: Iterable[Path], by: str) -> Writers:
    """Return the writers after ``by`` has written ``keys``, some of them only at ``paths`` below."""
    marked: dict[str, list[Path]] = {}
    for path in paths:
        marked.setdefault(path[0], []).append(path)
    found = dict(writers)
    for key in keys:
        earlier = paths_of(writers, key)
        if key not in marked:
            found = _without(found, earlier)
        elif key not in layer or earlier:
            found |= {_name(path): by for path in marked[key]}
    return found


def writer(state: str) -> str:
    """Return the name under which a state's own writes are remembered."""
    return f"state:{state}"


def recorded(keys: Iterable[str]) -> Iterator[str]:
    """Yield the keys whose writer is stored: all except those that look like the name of a path.

    A person may send any key. One that looks like a path below another key would take that key's value away from a
    join.
    """
    return (key for key in keys if not key.startswith(_MARK))


def paths_of(writers: Writers, key: str) -> list[Path]:
    """Return the paths below a key that a thread wrote; none if it wrote the whole value, or nothing."""
    begin = f"{_MARK}{key}{_MARK}"
    return [tuple(name[1:].split(_MARK)) for name in writers if name.startswith(begin)]


def joined(
    before: JsonObject,
    layers: Iterable[tuple[JsonObject, Writers]],
    results: Collection[str] = (),
) -> tuple[JsonObject, dict[str, str]]:
    """Return what threads wrote together (later threads overwrite earlier ones), and who wrote it.

    ``results`` names states whose results, stored under their own names, give way to what a sibling wrote there.
    """
    merged: JsonObject = {}
    writers: dict[str, str] = {}
    for layer, own in layers:
        clashing = [key for key in layer if key in results and key in merged and _is_another_s(key, own, writers)]
        for key in clashing:
            layer, own = _beside(before, merged, layer, own, key)
        for key, value in layer.items():
            paths, known = paths_of(own, key), merged.get(key, before.get(key, {}))
            whole = key in merged and not paths_of(writers, key)
            if not paths or not isinstance(known, dict):
                writers = _without(writers, paths_of(writers, key))
                merged[key] = value
                continue
            for path in paths:
                known = _with(known, path[1:], look_up(value, path[1:]))
            merged[key] = known
            if not whole:
                writers |= {_name(path): own[_name(path)] for path in paths}
        writers |= {key: by for key, by in own.items() if not key.startswith(_MARK)}
    return merged, writers


def _is_another_s(key: str, own: Writers, writers: Writers) -> bool:
    """Whether a state wrote its result under its own name, and a sibling's write is there from somebody else."""
    return own.get(key) == writer(key) != writers.get(key)


def _beside(
    before: JsonObject, merged: JsonObject, layer: JsonObject, own: Writers, key: str
) -> tuple[JsonObject, Writers]:
    """Return the layer with the result of state ``key`` at ``results.<key>``, as if it had known of the sibling.

    If ``results`` is no object, the result is left out: the history has it, and the answer of a person counts.
    """
    kept = {name: value for name, value in layer.items() if name != key}
    found = {name: by for name, by in own.items() if name != key}
    held = layer.get(RESULTS, merged.get(RESULTS, before.get(RESULTS, {})))
    if not isinstance(held, dict):
        return kept, found
    whole = RESULTS in layer and not paths_of(own, RESULTS)
    mark = {} if whole else {_name((RESULTS, key)): own[key]}
    return {**kept, RESULTS: {**held, key: layer[key]}}, {**found, RESULTS: own[key], **mark}


def taken_over(
    layer: JsonObject, own: Writers, merged: JsonObject, writers: Writers, outermost: bool
) -> dict[str, str]:
    """Return the writers of a thread after it takes what its joined threads wrote."""
    found = {**own, **writers}
    for key in merged:
        whole = outermost or not paths_of(writers, key) or (key in layer and not paths_of(own, key))
        if whole:
            found = _without(found, paths_of(found, key))
    return found


def _with(container: Json, steps: Path, value: Json | Missing) -> Json:
    if not steps:
        return None if value is MISSING else value
    held = container if isinstance(container, dict) else {}
    return {**held, steps[0]: _with(held.get(steps[0]), steps[1:], value)}


def _without(writers: Writers, paths: Iterable[Path]) -> dict[str, str]:
    gone = {_name(path) for path in paths}
    return {name: by for name, by in writers.items() if name not in gone}


def _name(path: Path) -> str:
    return _MARK + _MARK.join(path)
