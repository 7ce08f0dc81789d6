"""docs/history.md: the table of events names what each kind of event carries, and nothing else."""

import re
from collections.abc import Callable
from dataclasses import replace

from interactor.api.events import view
from interactor.core.jsons import JsonObject
from interactor.core.logic import Failed, Outcome, Succeeded
from interactor.core.times import Millis
from interactor.instances.history import Shown
from interactor.instances.rules import lifecycle
from interactor.instances.rules.consequences import Settled
from interactor.instances.rules.instance import Instance
from interactor.instances.rules.machine import Advance
from interactor.instances.rules.thread_draft import Step
from tests.support.pages import code, rows, section, text
from tests.support.workflows.runner import Answer, Runner, compiled, nothing

PAGE = text("docs/history.md")
COMMON = {"id", "number", "type", "subtype", "timestamp", "thread", "changes", "workflow_data"}
"""Named in the text, since every event may have them."""

ENTROPY = b"\0" * 16
END = {"type": "terminal"}
SCRIPT = {"type": "script", "code": "return {}"}
HTTP = {"type": "http", "method": "GET", "url": "https://example.com/"}
FORM = {"type": "form", "title": "Well?", "fields": []}


def ask(**more: object) -> JsonObject:
    return {"type": "halting", "presentation": FORM, "transitions": [{"to": "end", "key": "go"}], **more}


def act(logic: JsonObject, **more: object) -> JsonObject:
    return {"type": "action", "logic": logic, "transitions": [{"target": "end"}], **more}


def fork(policy: object, **targets: str) -> JsonObject:
    threads = {name: {"target": target} for name, target in targets.items()}
    return {"type": "action", "fork": {"threads": threads, "join": {"target": "end", "policy": policy}}}


def runs() -> list[Runner]:
    """Instances that together do everything an instance can do."""
    broken = Failed("http_error", "answered 500", ("a line",), 5, True, None)

    def fails(step: Step, advance: Advance) -> Outcome:
        return broken if step.state.name == "broken" else nothing(step, advance)

    def says(step: Step, advance: Advance) -> Outcome:
        return Succeeded({"status": 200, "body": None} if step.outside else {"a": 1}, ("a line",), 3)

    def mute(step: Step, advance: Advance) -> Outcome:
        return replace(broken, code="ai_timeout")

    def new(states: JsonObject, answer: Answer = nothing) -> Runner:
        return Runner(compiled(states | {"end": END}), answer)

    keyed = ask(transition_mode="selection")
    model = ask(halting_instructions={"type": "ai", "config": {"prompt": "Say what to decide."}})
    two_actions = {"one": {**act(SCRIPT), "transitions": [{"target": "two"}]}, "two": act(HTTP)}
    slow = {"slow": act(HTTP), "broken": act(HTTP)}
    caught = {**fork("all", a="slow", b="broken"), "on_error": {"target": "end"}}
    either = new({"both": fork("any", a="slow", b="end"), **slow})
    alone, both = new({"both": fork("all", a="slow", b="broken"), **slow}), new({"both": caught, **slow})
    for runner in (either, alone, both):
        runner.before = "slow"
        runner.in_flight = [{"state": "slow", "thread": "thread_a", "idempotency_key": "k"}]
        runner.answer = fails
    lost = new({"broken": act(HTTP)}, fails).start()
    as_a_whole(lost, lambda head, now: lifecycle.retry(lost.definition, head, "ada", now, ENTROPY, 0))
    waiting = new({"ask": ask()}).start()
    as_a_whole(waiting, lambda head, now: lifecycle.pause(head, "ada", now, ENTROPY))
    as_a_whole(waiting, lambda head, now: lifecycle.unpause(head, "ada", now, ENTROPY))
    as_a_whole(waiting, lambda head, now: lifecycle.cancel(head, "requested", "ada", alone.in_flight, now, ENTROPY))
    return [
        new({"ask": keyed}).start().resume({}, option="go"),
        Runner(compiled({"ask": ask(), "end": {**END, "on_enter": HTTP}}), says).start().resume({}),
        new({"ask": ask(timeout={"after": "1s", "target": "end"})}).start().time_out(),
        new({"ask": model}, mute).start(),
        new(two_actions, says).start(),
        new({"broken": act(HTTP, on_error={"target": "end"})}, fails).start(),
        *(each.start() for each in (either, alone, both)),
        *(lost, waiting, tried_again(new({"call": act(HTTP)}))),
    ]


def tried_again(runner: Runner) -> Runner:
    """An action that failed and is to be tried again."""
    runner.before = "call"
    advance = runner.start().advance()
    advance.complete(Failed("http_error", "answered 500", (), 5, True, None), runner.tick(), runner.now + 1000)
    runner.commit(advance)
    return runner


def as_a_whole(runner: Runner, act: Callable[[Instance, Millis], Settled]) -> None:
    runner.adopt(act(runner.instance, runner.tick()))


def carried() -> dict[tuple[str, str], set[str]]:
    """What events of each kind carry, as answers show them."""
    found: dict[tuple[str, str], set[str]] = {}
    for runner in runs():
        for event in runner.events:
            kind = found.setdefault((event["type"], event["subtype"]), set())
            kind |= view(Shown(event, {}, None)).keys() - COMMON
    return found


def described() -> dict[tuple[str, str], set[str]]:
    """What the table of the page says that they carry."""
    found: dict[tuple[str, str], set[str]] = {}
    for type_, subtypes, carries in rows(section(PAGE, "The history of an instance"))[7:]:
        # What stands in brackets are values.
        names = set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", carries)))
        found |= {(code(type_), subtype): names for subtype in re.findall(r"`(\w+)`", subtypes)}
    return found


def test_the_table_of_events_names_what_they_carry() -> None:
    assert described() == carried()


def test_every_event_has_what_the_page_says_of_all() -> None:
    (sentence,) = re.findall(r"Every event has ([^.]*)\. It also has:", PAGE.replace("\n", " "))
    assert set(re.findall(r"`(\w+)`", sentence)) == {"id", "number", "type", "subtype", "timestamp", "thread"}
