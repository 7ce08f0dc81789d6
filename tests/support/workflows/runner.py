"""Runs instances by the core alone: no table, no queue, no clock. What logic answers is handed in."""

from collections.abc import Callable
from dataclasses import dataclass, field

from interactor.assignments.members import Members, none_known
from interactor.core import jsons
from interactor.core.jsons import Json, JsonObject
from interactor.core.logic import Outcome, Succeeded
from interactor.definitions.rules.check import check
from interactor.definitions.rules.compile import compile_definition
from interactor.definitions.rules.model import Definition
from interactor.instances.rules.consequences import Settled
from interactor.instances.rules.instance import MAIN, Instance, Phase, Thread
from interactor.instances.rules.machine import Advance
from interactor.instances.rules.settle import settle
from interactor.instances.rules.stored import Record
from interactor.instances.rules.thread_draft import Step

Answer = Callable[[Step, Advance], Outcome]


def compiled(states: JsonObject, initial: str | None = None) -> Definition:
    """A definition of these states that has no errors."""
    document = {"name": "sample", "initial_state": initial or next(iter(states)), "states": states}
    verdict = check(document, lambda code: None)
    assert not verdict.errors, verdict.errors
    return compile_definition(document)


def nothing(step: Step, advance: Advance) -> Outcome:
    """Logic that answers nothing."""
    return Succeeded(None if not step.outside else {"status": 200, "body": None})


@dataclass
class Runner:
    """One instance on its way. ``answer`` stands for scripts and services; every call moves the time by a second."""

    definition: Definition
    answer: Answer = nothing
    now: int = 1_000_000
    before: str | None = None
    """A state before whose logic everything stops."""
    events: list[JsonObject] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    members: Members = none_known
    in_flight: list[JsonObject] = field(default_factory=list)
    """HTTP actions that workers are said to be making."""
    instance: Instance = field(init=False)

    def start(self, given: JsonObject | None = None) -> "Runner":
        """Create the instance and run it to its first rest."""
        main = Thread(MAIN, self.definition.initial_state, Phase.ENTER, 0, self.now, input=given or {})
        self.instance = Instance(
            id="inst_1",
            account="acc",
            namespace="ns",
            workflow_id="wf_1",
            workflow_name="sample",
            version_id="v_1",
            created_at=self.now,
            updated_at=self.now,
            status="running",
            status_since=self.now,
            threads={MAIN: main},
        )
        advance = Advance(self.definition, self.instance, MAIN, "someone", self.members)
        advance.created(self.now)
        self._run(advance)
        return self.rest()

    def resume(self, given: JsonObject, thread: str = MAIN, option: str | None = None) -> "Runner":
        """Resume a thread and run everything to its next rest."""
        advance = Advance(self.definition, self.instance, thread, "someone", self.members)
        advance.resume(given, option, jsons.dumps(given), self.tick())
        self._run(advance)
        return self.rest()

    def time_out(self, thread: str = MAIN) -> "Runner":
        """Let a halt's time be over."""
        advance = Advance(self.definition, self.instance, thread, None, self.members)
        advance.time_out(self.tick())
        self._run(advance)
        return self.rest()

    def rest(self) -> "Runner":
        """Run every thread that has something to do, one advance each, until none has."""
        while (thread := next(filter(self._free, self.instance.running_threads()), None)) is not None:
            self._run(Advance(self.definition, self.instance, thread.id, None, self.members))
        return self

    def advance(self, thread: str = MAIN) -> Advance:
        """A new advance of a thread where it stands."""
        return Advance(self.definition, self.instance, thread)

    def tick(self) -> int:
        """A second later."""
        self.now += 1000
        return self.now

    def commit(self, advance: Advance) -> Settled:
        """Settle an advance on the present instance."""
        settled = settle(self.definition, self.instance, advance.change(), self.now, b"\0" * 16, self.in_flight)
        self.adopt(settled)
        return settled

    def adopt(self, settled: Settled) -> "Runner":
        """Take what was settled as the present."""
        self.instance = settled.instance
        self.events += settled.events
        self.settled.append(settled)
        return self

    def records_of(self, number: int) -> list[Record]:
        """The history records that the data at an event is told from, as a store answers them."""
        records = [
            Record("acc", "inst_1", each.events, each.snapshot, each.instance.snapshot_number, {})
            for each in self.settled
        ]
        last = max(index for index, record in enumerate(records) if record.events[0]["number"] <= number)
        first = min(index for index, record in enumerate(records) if record.events[0]["number"] >= records[last].base)
        return records[first : last + 1]

    def named(self, type_: str, subtype: str) -> list[JsonObject]:
        """The events of one kind."""
        return [event for event in self.events if (event["type"], event["subtype"]) == (type_, subtype)]

    def path(self, thread: str = MAIN) -> list[str]:
        """The states a thread went through."""
        first = [self.definition.initial_state] if thread == MAIN else []
        changes = self.named("transition", "state_change")
        return first + [event["to_state"] for event in changes if event["thread"] == thread]

    def _run(self, advance: Advance) -> None:
        while (step := advance.step) is not None and not advance.full:
            # What follows a thread's end is an advance of its own.
            if (advance.ended and advance.moved) or (step.logic is not None and step.state.name == self.before):
                break
            if step.logic is None:
                advance.run_rules(self.tick())
            else:
                advance.complete(self.answer(step, advance), self.tick())
        self.commit(advance)

    def _free(self, thread: Thread) -> bool:
        return thread.state != self.before or thread.phase not in (Phase.LOGIC, Phase.ON_ENTER)


def by_state(outcomes: dict[str, Json]) -> Answer:
    """Logic that answers by the name of its state; a value that is no outcome is the result."""

    def answer(step: Step, advance: Advance) -> Outcome:
        found = outcomes.get(step.state.name)
        if isinstance(found, Succeeded) or type(found).__name__ == "Failed":
            return found
        return Succeeded(found) if not step.outside or found is not None else nothing(step, advance)

    return answer
