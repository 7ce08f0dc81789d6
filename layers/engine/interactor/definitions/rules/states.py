"""Checks of one state: its logic, transitions, waits and presentation (rulings 3, 4 and 12)."""

from dataclasses import dataclass, field

from interactor.core.jsons import Json, JsonObject
from interactor.core.times import parse_duration
from interactor.definitions.rules import limits
from interactor.definitions.rules.assignment import check_assignment, check_reserved
from interactor.definitions.rules.conditions import check_condition
from interactor.definitions.rules.logic import ScriptChecker, check_logic, check_output
from interactor.definitions.rules.presentation import check_instructions, check_presentation
from interactor.definitions.rules.report import Place, quoted
from interactor.definitions.rules.shape import Node, check_templates, is_templated, nodes
from interactor.definitions.rules.unwritten import Compared

STATE_TYPES = ("action", "halting", "terminal")


@dataclass
class Seen:
    """What the checks of single states find for the checks of the whole definition."""

    states: JsonObject
    """The states of the definition, for looking up targets."""
    compared: list[Compared] = field(default_factory=list)
    thread_names: set[str] = field(default_factory=set)
    asks: bool = False
    """Whether any state has an assignment."""


def check_state(node: Node, seen: Seen, check_script: ScriptChecker) -> None:
    """Report what is wrong with one state on its own. Targets are looked up among ``seen.states``."""
    kind = node.one_of("type", STATE_TYPES, required=True, label="state.type")
    for key in ("logic", "on_enter"):
        logic = node.node(key)
        if logic is not None:
            check_logic(logic, check_script)
    if "output" in node:
        check_output(node)
    presentation = node.node("presentation")
    if presentation is not None:
        check_presentation(presentation)
    instructions = node.node("halting_instructions")
    if instructions is not None:
        check_instructions(instructions)
    _check_transitions(node, seen, kind)
    on_error = node.node("on_error")
    if on_error is not None:
        check_target(on_error, "target", seen)
    _check_timeout(node, seen)
    node.boolean("additional_input")
    if "assignment" in node:
        check_assignment(node, seen.states)
    if seen.asks:
        check_reserved(node)
    if kind is not None:
        _warn_of_the_useless(node, kind)


def check_target(node: Node, key: str, seen: Seen) -> None:
    """Report a property that does not name a state of the definition."""
    target = node.text(key, required=True)
    if target is not None and target not in seen.states:
        node.error(key, f"Target state {quoted(target)} does not exist")


def _check_transitions(node: Node, seen: Seen, kind: str | None) -> None:
    mode = node.one_of("transition_mode", ("selection", "condition"))
    items = node.items("transitions", most=limits.TRANSITIONS_PER_STATE)
    if kind == "terminal" and items:
        node.error("transitions", "A terminal state has no transitions: the workflow ends there")
    if not items:
        _check_has_way_on(node, kind, items)
    keys: set[str] = set()
    always: int | None = None

    def compares(place: Place, compared: str) -> None:
        seen.compared.append(Compared(str(node.place.step), place, compared))

    for transition in nodes(node.report, node.place / "transitions", items or [], "a transition"):
        _check_ends(transition, seen)
        key = transition.text("key", least=1, most=limits.KEY_CHARACTERS)
        if key is not None and key in keys:
            transition.error("key", f"The key {quoted(key)} is used twice in this state")
        elif key is not None:
            keys.add(key)
        if mode == "selection" and "key" not in transition:
            transition.error("key", "key is required: with transition_mode 'selection' a resume selects by it")
        transition.text("description")
        if always is not None and mode != "selection":
            message = f"This transition is never taken: transition {always} before it has no condition"
            node.report.warn(transition.place, message)
        if "condition" in transition:
            check_condition(node.report, transition.place / "condition", transition.raw("condition"), compares)
        elif always is None and isinstance(transition.place.step, int):
            always = transition.place.step


def _check_has_way_on(node: Node, kind: str | None, items: list[Json] | None) -> None:
    if "transitions" in node and items is None:
        return
    if kind == "halting" or (kind == "action" and "fork" not in node):
        instead = " (or a fork)" if kind == "action" else ""
        article = "An" if kind == "action" else "A"
        node.error("transitions", f"{article} {kind} state needs at least one transition{instead}")


def _check_ends(transition: Node, seen: Seen) -> None:
    """Check ``{target}`` or ``{to, key}`` (ruling 3)."""
    if "target" in transition and "to" in transition:
        transition.error("to", "A transition has either target or to, not both")
        for end in ("target", "to"):
            check_target(transition, end, seen)
    elif "to" in transition:
        check_target(transition, "to", seen)
        transition.need("key", " beside to")
    else:
        check_target(transition, "target", seen)


def _check_timeout(node: Node, seen: Seen) -> None:
    timeout = node.node("timeout")
    if timeout is None:
        return
    after = timeout.text("after", required=True)
    if is_templated(after):
        check_templates(node.report, timeout.place / "after", after, secrets=False)
    elif after is not None:
        try:
            parse_duration(after)
        except ValueError as error:
            timeout.error("after", f"after: {error}")
    check_target(timeout, "target", seen)


def _warn_of_the_useless(node: Node, kind: str) -> None:
    """Warn of what is kept but has no effect, so that nobody relies on it."""
    for key, where in (
        ("logic", "action"),
        ("presentation", "halting"),
        ("halting_instructions", "halting"),
        ("timeout", "halting"),
        ("additional_input", "halting"),
    ):
        if key in node and kind != where:
            node.report.warn(node.place / key, f"{key} has no effect here: it belongs to {where} states")
    logic = node.raw("logic")
    if "output" in node and not (isinstance(logic, dict) and logic.get("type") == "http"):
        node.report.warn(
            node.place / "output", "output has no effect here: it says where the result of HTTP logic goes"
        )
