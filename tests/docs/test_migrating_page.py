"""docs/migrating-from-step-functions.md: both definitions are whole, and say the same."""

import re
from typing import Any

from interactor.definitions.rules.check import check
from tests.support.pages import documents, text

PAGE = text("docs/migrating-from-step-functions.md")
THEIRS, OURS = documents(PAGE)


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name.rstrip("?")).lower()


def ways(state: dict[str, Any]) -> set[str]:
    """Where a state of the Amazon States Language leads to."""
    further = [*state.get("Choices", []), *state.get("Catch", []), {"Next": state.get("Default")}, state]
    return {each["Next"] for each in further if each.get("Next")}


def test_the_engine_accepts_the_definition() -> None:
    verdict = check(OURS, lambda code: None)

    assert verdict.errors == ()
    assert verdict.warnings == ()


def test_the_other_one_is_whole() -> None:
    states = THEIRS["States"]
    reached = {THEIRS["StartAt"]}.union(*(ways(state) for state in states.values()))

    assert reached == states.keys()
    assert all(ways(state) or state["Type"] in ("Succeed", "Fail") for state in states.values())


def test_both_have_the_same_states_but_for_the_choice() -> None:
    theirs = {snake(name) for name, state in THEIRS["States"].items() if state["Type"] != "Choice"}

    assert theirs == OURS["states"].keys()
    assert snake(THEIRS["StartAt"]) == OURS["initial_state"]


def test_both_lead_to_the_same_states() -> None:
    states = THEIRS["States"]
    choices = {name: ways(state) for name, state in states.items() if state["Type"] == "Choice"}
    for name, state in states.items():
        if name in choices:
            continue
        further = {snake(each) for way in ways(state) for each in choices.get(way, {way})}
        ours = OURS["states"][snake(name)]
        leads = {each["target"] for each in ours.get("transitions", [])}
        leads |= {ours[each]["target"] for each in ("timeout", "on_error") if each in ours}
        assert leads == further, name
