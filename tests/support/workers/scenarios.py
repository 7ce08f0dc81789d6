"""What is done with a deployment, again and again, with a fault at another call each time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.outside import answer
from tests.support.workers.cloud import Cloud
from tests.support.workflows.flows import APPROVAL, DECISION, HOST, end, flow, fork, form, http, on_enter, script


@dataclass(frozen=True)
class Scenario:
    """A workflow and what is done with it; ``actions`` are the paths that it calls outside, each under so many keys.

    ``or_else`` is another course that it may take as well: of two at once, either may win.
    """

    definition: dict[str, Any]
    play: Callable[[Cloud, str], None]
    ends: str
    actions: Mapping[str, int] = field(default_factory=dict)
    or_else: Callable[[Cloud, str], None] | None = None
    subscribers: int = 1
    """How many are told of everything."""
    in_flight: bool = False
    """Whether the end names the action that was under way."""

    @property
    def courses(self) -> Sequence[Callable[[Cloud, str], None]]:
        """All of them, the first one first."""
        return [each for each in (self.play, self.or_else) if each is not None]


def _approve(cloud: Cloud, name: str) -> None:
    cloud.create(name, {"amount": 5})
    cloud.resume({"approved": True, "note": "go"})
    cloud.settle(lambda: cloud.status == "completed")


def _approve_under_keys(cloud: Cloud, name: str) -> None:
    cloud.create(name, {"amount": 5}, key="create")
    cloud.resume({"approved": True, "note": "go"}, key="resume")
    cloud.settle(lambda: cloud.status == "completed")


def _act(cloud: Cloud, name: str) -> None:
    cloud.outside.will(f"{HOST}/act", answer(503, None), answer(200, {"made": 1}))
    cloud.create(name, {})
    cloud.settle(lambda: cloud.status == "completed")


def _begin(cloud: Cloud, name: str) -> None:
    cloud.create(name, {})
    cloud.settle(lambda: cloud.at_rest)


def _approve_what_a_model_wrote(cloud: Cloud, name: str) -> None:
    cloud.create(name, {"amount": 5})
    cloud.settle(lambda: cloud.status == "halted")
    cloud.resume({"approved": True})
    cloud.settle(lambda: cloud.status == "completed")


def _join_forms(cloud: Cloud, name: str) -> None:
    cloud.create(name, {})
    cloud.settle(lambda: cloud.status == "halted")
    for number in range(2):
        cloud.resume({"note": f"{number}"}, thread=f"thread_t{number}")
    cloud.settle(lambda: cloud.status == "completed")


def _cancel(cloud: Cloud, name: str) -> None:
    def meanwhile(_: Any) -> Any:
        if cloud.status != "cancelled":
            cloud.cancel()
        return answer(200, {})

    cloud.outside.will(f"{HOST}/act", meanwhile)
    cloud.create(name, {})
    cloud.settle(lambda: cloud.status == "cancelled")


def _resume_at_once(given: Any, first: Any) -> Callable[[Cloud, str], None]:
    def play(cloud: Cloud, name: str) -> None:
        cloud.create(name, {})
        cloud.resume_at_once(given, first)
        cloud.settle(lambda: cloud.at_rest)

    return play


YES, NO = {"approved": True, "note": "yes"}, {"approved": True, "note": "no"}
RETRY = {"max_attempts": 2, "backoff": "exponential"}
SCENARIOS = {
    "approval with scripts": Scenario(APPROVAL, _approve, "completed", subscribers=2),
    "approval under idempotency keys": Scenario(APPROVAL, _approve_under_keys, "completed"),
    "action with a retry": Scenario(
        flow(call=http("/act", "after", retry=RETRY), after=script("return {seen: 1}", "done"), done=end()),
        _act,
        "completed",
        {"/act": 1},
    ),
    "on_enter after the end": Scenario(
        flow(begin=script("return {}", "done"), done=end(**on_enter("/told"))), _begin, "completed", {"/told": 1}
    ),
    "timeout by the clock": Scenario(
        flow(
            wait=form("done", timeout={"after": "1h", "target": "late"}),
            late=script("return {late: 1}", "done"),
            done=end(),
        ),
        _begin,
        "completed",
    ),
    "cancel during an action": Scenario(
        flow(call=http("/act", "done"), done=end()), _cancel, "cancelled", {"/act": 1}, in_flight=True
    ),
    "expiry by the clock": Scenario(flow(wait=form("done"), done=end()), _begin, "cancelled"),
    "the same resume twice at once": Scenario(DECISION, _resume_at_once(YES, YES), "completed"),
    "two resumes at once": Scenario(DECISION, _resume_at_once(YES, NO), "completed", or_else=_resume_at_once(NO, YES)),
    "instructions of a model": Scenario(
        flow(
            ask=form("done", halting_instructions={"instruction": "Ask.", "include_data": ["input.amount"]}), done=end()
        ),
        _approve_what_a_model_wrote,
        "completed",
        subscribers=0,
    ),
    "fork and join of forms": Scenario(fork(2, form("ended")), _join_forms, "completed", subscribers=0),
    "fork and join of actions": Scenario(fork(2, http("/branch", "ended")), _begin, "completed", {"/branch": 2}),
}
