"""A second telling of an instance: what its events alone say of where its threads are and what its data is.

Written from the definition's rules and not from the engine's code, so that the two can disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.workflows import Definition, targets

MAIN = "thread_main"
NOT_CAUGHT = (
    "loop_limit_exceeded",
    "workflow_data_too_large",
    "instance_too_large",
    "history_limit_exceeded",
    "thread_limit_exceeded",
)
Event = dict[str, Any]


@dataclass
class Place:
    """Where a thread is: in ``state``, or (``entering``) on its way into the target of the fork that made it."""

    state: str
    parent: str | None = None
    entering: str | None = None
    joining: list[str] = field(default_factory=list)
    waiting: bool = False
    outcome: str | None = None
    cut: tuple[bool, list[str]] = (False, [])
    """Whether it waited, and what it would have joined, when it was cut off: a retry brings that back."""


class Telling:
    """Follows the events of one instance; ``violate`` is told of what cannot be."""

    def __init__(self, definition: Definition, violate: Callable[[str], None]) -> None:
        self._states = definition["states"]
        self._initial = definition["initial_state"]
        self._violate = violate
        self.threads: dict[str, Place] = {}
        self.layers: dict[str, dict[str, Any]] = {MAIN: {}}
        self.status: str | None = None
        self.paused = False
        self.resumed: list[Any] = []
        self.inputs: list[Any] = []

    def view(self, thread: str) -> dict[str, Any]:
        """The data as a thread sees it."""
        parent = self.threads[thread].parent
        return {**(self.view(parent) if parent else {}), **self.layers[thread]}

    def follow(self, event: Event) -> dict[str, Any]:
        """Take one event in; answers the data right after it."""
        kind = f"{event['type']}.{event['subtype']}"
        thread = event["thread"]
        late = event["type"] in ("step", "error") or kind == "lifecycle.retried"
        if self.status in ("completed", "failed", "cancelled") and not late:
            self._violate(f"{kind} after the instance was {self.status}")
        if kind != "lifecycle.created" and thread not in self.threads:
            self._violate(f"{kind} of {thread}, which nothing made")
            return {}
        rule = getattr(self, f"_{event['type']}_{event['subtype']}", None)
        if rule is not None:
            rule(event, self.threads.get(thread))
        self._change(event)
        return self.view(thread)

    def _change(self, event: Event) -> None:
        changes = event.get("changes")
        if not changes:
            return
        thread = event["thread"]
        seen = self.view(thread)
        added, updated = changes.get("added", {}), changes.get("updated", {})
        for name in added:
            if name in seen:
                self._violate(f"event {event['number']} adds '{name}', which is there")
        for name, pair in updated.items():
            if seen.get(name) != pair["from"]:
                self._violate(f"event {event['number']} changes '{name}' from what it was not")
        if changes.get("removed"):
            self._violate(f"event {event['number']} removes data")
        self.layers[thread] |= added | {name: pair["to"] for name, pair in updated.items()}

    def _lifecycle_created(self, event: Event, place: Place | None) -> None:
        if place is not None:
            self._violate("created twice")
        if event["initial_state"] != self._initial:
            self._violate("begins elsewhere than at its initial state")
        self.threads[MAIN] = Place(self._initial)
        self.inputs.append(event["input"])
        self._arrived(self.threads[MAIN])

    def _transition_state_change(self, event: Event, place: Place) -> None:
        source, target = event["from_state"], event["to_state"]
        if place.outcome is not None:
            self._violate(f"{event['thread']} moves after it {place.outcome}")
        if place.waiting or place.joining:
            self._violate(f"{event['thread']} moves while it waits")
        if source != place.state:
            self._violate(f"{event['thread']} leaves {source}, but it was in {place.state}")
        if target not in ([place.entering] if place.entering else list(targets(self._states[source]))):
            self._violate(f"{event['thread']} goes from {source} to {target}: no such transition")
        place.state, place.entering = target, None
        self._arrived(place)

    def _arrived(self, place: Place) -> None:
        if self._states[place.state]["type"] == "terminal":
            place.outcome = "completed"

    def _transition_fork(self, event: Event, place: Place) -> None:
        forked = self._states[place.state]["fork"]["threads"]
        if [f"thread_{name}" for name in forked] != event["threads"] or place.joining:
            self._violate(f"forks other threads than {place.state} says")
        place.joining = event["threads"]
        for name, thread in forked.items():
            identifier = f"thread_{name}"
            self.threads[identifier] = Place(place.state, event["thread"], entering=thread["target"])
            self.layers[identifier] = {}

    def _transition_join(self, event: Event, place: Place) -> None:
        if event["threads"] != place.joining:
            self._violate("joins what it did not fork")
        ends = [self.threads[name].outcome for name in place.joining]
        policy = self._states[place.state]["fork"]["join"]["policy"]
        needed = {"all": len(ends), "any": 1}.get(policy) if isinstance(policy, str) else policy["count"]
        if ends.count("completed") < (needed or 0):
            self._violate(f"joins with {ends}, and its policy is {policy}")
        self._stop(place)

    def _stop(self, place: Place) -> None:
        """What is no longer waited for is cancelled with all below it."""
        for name in place.joining:
            self._cut(self.threads[name], "cancelled")
        place.joining = []

    def _cut(self, place: Place, outcome: str) -> None:
        if place.outcome is None:
            place.cut = place.waiting, place.joining
            self._stop(place)
            place.outcome, place.waiting = outcome, False

    def _halt_waiting(self, event: Event, place: Place) -> None:
        if self._states[place.state]["type"] != "halting" or place.waiting or event["state"] != place.state:
            self._violate(f"halts at {event['state']}, and is in {place.state}")
        place.waiting = True

    def _halt_resumed(self, event: Event, place: Place) -> None:
        self.resumed.append(event["input"])
        self._went_on(event, place)

    def _halt_timed_out(self, event: Event, place: Place) -> None:
        self._went_on(event, place)

    def _went_on(self, event: Event, place: Place) -> None:
        if not place.waiting or event["state"] != place.state:
            self._violate(f"{event['thread']} goes on from {event['state']}, where it did not wait")
        if self.paused:
            self._violate(f"{event['thread']} goes on from {event['state']} while the instance is paused")
        place.waiting = False

    def _error_step_failed(self, event: Event, place: Place) -> None:
        if place.outcome is not None:
            return
        place.waiting = False
        self._fail(place, event["code"])

    def _fail(self, place: Place, code: str) -> None:
        """A failing thread cancels its siblings, and fails whoever forked it, where no ``on_error`` catches it."""
        if "on_error" in self._states[place.state] and code not in NOT_CAUGHT:
            self._stop(place)
            return
        self._cut(place, "failed")
        if place.parent is not None:
            self._fail(self.threads[place.parent], code)

    def _lifecycle_paused(self, event: Event, place: Place) -> None:
        self.paused = True

    def _lifecycle_unpaused(self, event: Event, place: Place) -> None:
        self.paused = False

    def _lifecycle_retried(self, event: Event, place: Place) -> None:
        if self.status != "failed":
            self._violate(f"retried, and it is {self.status}")
        self.status = None
        self._restore(place)

    def _restore(self, place: Place) -> None:
        if place.outcome in ("failed", "cancelled"):
            place.outcome = None
            place.waiting, place.joining = place.cut
            for name in place.joining:
                self._restore(self.threads[name])

    def _ended(self, event: Event, place: Place) -> None:
        if self.status is not None:
            self._violate(f"ends twice: {self.status}, {event['subtype']}")
        self.status = event["subtype"]
        if event["subtype"] != "cancelled" and place.outcome != self.status:
            self._violate(f"the instance {self.status}, and its main thread is {place.outcome or 'alive'}")
        self.paused = False
        for each in self.threads.values():
            self._cut(each, "cancelled")

    _lifecycle_completed = _lifecycle_failed = _lifecycle_cancelled = _ended
