"""The documents of ``benchmarks/results``: written by a run, compared with those of the run before."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"


def read(name: str) -> Any:
    """A document."""
    return json.loads(path(name).read_text())


def read_all() -> dict[str, Any]:
    """All documents there are, by name."""
    return {each.stem: json.loads(each.read_text()) for each in sorted(FOLDER.glob("*.json"))}


def write(name: str, document: Any) -> None:
    """Keep a document."""
    FOLDER.mkdir(exist_ok=True)
    path(name).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")


def path(name: str) -> Path:
    """Where it is."""
    return FOLDER / f"{name}.json"


def differences(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """What differs between two documents, as lines."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from differences(before.get(name), after.get(name), f"{place} / {name}" if place else name)
    elif before != after:
        yield f"{place}: {_short(before)} before, {_short(after)} now"


def _short(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value)[:80]
