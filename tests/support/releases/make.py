"""Makes the fixtures: ``python -m tests.support.releases.make``, once for each release, before it is tagged.

``before.json`` is what this release stores; it is kept, so that the next release is tried on it. ``after.json`` is the
same as a later release may have written it: with a member more in every document, and an attribute more in every item
that is changed after it was first written.

Made again by the same code, both are the same to the byte: time and chance are the tests' own, and scripts take a
millisecond each.
"""

import base64
import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from interactor.aws.dynamo import items, keys
from interactor.core.logic import Outcome, ScriptCall
from interactor.sandbox import Sandbox
from tests.support.releases.site import Site
from tests.support.workers.place import working

FOLDER = Path(__file__).parent
LATER = "of_a_later_release"
"""The name of what is more."""


class Timeless(Sandbox):
    """Runs scripts, and says of each that it took a millisecond."""

    def run(self, call: ScriptCall) -> Outcome:
        """As ``Sandbox.run``."""
        return replace(super().run(call), duration_ms=1)


def main() -> None:
    """Write both files."""
    for name, text in make().items():
        (FOLDER / f"{name}.json").write_text(text, "utf-8")
        print(f"{name}: {len(text)} bytes")


def make() -> dict[str, str]:
    """The texts of both files, by name."""
    with Timeless() as sandbox, working() as enter:
        site = Site.empty(sandbox)
        enter(site.place)
        site.fill()
    stored = site.place.scan()
    about = {"instances": site.instances, "subscription": site.subscription, "now": site.clock.now}
    found = {"before": stored, "after": [written_later(item) for item in stored]}
    return {name: _text({**about, "items": [_plain(item) for item in each]}) for name, each in found.items()}


def read(name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What a fixture says of itself, and its items."""
    document = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return document, [_raw(item) for item in document.pop("items")]


def written_later(item: dict[str, Any]) -> dict[str, Any]:
    """An item as the release after this one may have written it."""
    item = copy.deepcopy(item)
    if "doc" in item and not _is_chunk(item):
        item["doc"] = {"B": items.pack(_with_more(items.unpack(item["doc"]["B"])))}
    return item | {LATER: {"S": "kept"}}


def _is_chunk(item: dict[str, Any]) -> bool:
    """Whether an item's bytes are a part of a document only, or one that is never changed."""
    sort = item["sk"]["S"]
    return sort.startswith(("C#", "G#")) or "parts" in item or (sort.startswith(keys.BULK) and sort != keys.bulk(0))


def _with_more(document: dict[str, Any]) -> dict[str, Any]:
    """A document with a member more, wherever this release keeps members of its own."""
    for thread in document.get("threads", ()):
        thread[LATER] = "thread"
        for part in ("last_resume", "failure"):
            if part in thread:
                thread[part][LATER] = part
    held = document.get("bulk", document if "thread_main" in document else {})
    for name in held:
        if isinstance(held[name], dict):
            held[name][LATER] = "held"
            if "halt" in held[name]:
                held[name]["halt"][LATER] = "halt"
    for event in document.get("events", ()):
        if isinstance(event, dict):
            event[LATER] = "event"
    for part in ("envelope", "failure"):
        if part in document:
            document[part][LATER] = part
    return document if held is document else document | {LATER: "document"}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _plain(item: dict[str, Any]) -> Any:
    return {name: {"B": base64.b64encode(held["B"]).decode()} if "B" in held else held for name, held in item.items()}


def _raw(item: dict[str, Any]) -> Any:
    return {name: {"B": base64.b64decode(value["B"])} if "B" in value else value for name, value in item.items()}


if __name__ == "__main__":
    main()
