"""The whole check of a definition: every error at once, and warnings (rulings 1, 3, 4 and 19).

``check`` never raises, whatever JSON it gets, and its work is proportional to the size of the document.
"""

import re
from collections.abc import Iterator

from interactor.core import ids
from interactor.core.jsons import Json, JsonObject
from interactor.core.names import RESERVED_NAMES
from interactor.definitions.rules import limits
from interactor.definitions.rules.assignment import has_assignment
from interactor.definitions.rules.forks import check_fork, check_forks, warn_of_counted_answers
from interactor.definitions.rules.graph import Graph
from interactor.definitions.rules.logic import ScriptChecker
from interactor.definitions.rules.properties import warn_of_unknown
from interactor.definitions.rules.report import ROOT, Problem, Report, Verdict, quoted
from interactor.definitions.rules.shape import Node
from interactor.definitions.rules.states import Seen, check_state
from interactor.definitions.rules.unwritten import warn_of_unwritten

__all__ = ["Problem", "ScriptChecker", "Verdict", "check"]

_NAME = re.compile(limits.NAME, re.ASCII)


def check(document: Json, check_script: ScriptChecker) -> Verdict:
    """Check a posted definition.

    Args:
        document: any JSON; the caller has checked its size (1 MB).
        check_script: parses one script and returns None, or what is wrong with it.

    Returns:
        All errors and warnings: a hundred of each, and then how many more there are.
    """
    report = Report()
    if not isinstance(document, dict):
        report.error(ROOT, f"A definition must be an object, not {quoted(document)}")
        return report.verdict()
    warn_of_unknown(report, document)
    node = Node(report, ROOT, document)
    _check_name(node)
    node.text("ai_guidance", most=limits.GUIDANCE_CHARACTERS)
    if "input_schema" in node:
        # Most definitions have no schema, and the module that checks one is slow to import.
        from interactor.definitions.rules.input_schema import check_schema

        check_schema(report, ROOT / "input_schema", document["input_schema"])
    initial = node.text("initial_state", required=True)
    states = node.node("states", required=True)
    if states is None:
        return report.verdict()
    if initial is not None and states.value and initial not in states:
        node.error("initial_state", f"Initial state {quoted(initial)} does not exist")
    seen = _check_states(states, check_script)
    if len(states.value) <= limits.STATES:
        graph = Graph(states.value)
        check_forks(report, graph)
        warn_of_counted_answers(report, graph)
        if initial in graph.types:
            _warn_of_reach(report, graph, initial)
            warn_of_unwritten(report, document, graph, seen.compared)
        _warn_of_cycles(report, graph)
    _check_field_names(report, states.value)
    _warn_of_name_clashes(report, states.value, {each.field for each in seen.compared})
    return report.verdict()


def _check_name(node: Node) -> None:
    name = node.text("name", required=True)
    if name is None:
        return
    if _NAME.fullmatch(name) is None:
        node.error(
            "name",
            "name must be 1 to 64 lower-case letters, digits, underscores and hyphens, a letter first, "
            f"not {quoted(name)}",
        )
    elif name in RESERVED_NAMES or ids.is_id(name, "wf"):
        node.error("name", f"The name '{name}' is reserved; choose another")


def _check_states(states: Node, check_script: ScriptChecker) -> Seen:
    count = len(states.value)
    if not 1 <= count <= limits.STATES:
        states.report.error(states.place, f"A definition has 1 to {limits.STATES} states, this one has {count}")
    seen = Seen(states.value, asks=has_assignment(states.value))
    for name in states.value:
        if not 1 <= len(name) <= limits.STATE_NAME_CHARACTERS:
            states.error(name, f"A state's name has 1 to {limits.STATE_NAME_CHARACTERS} characters")
        state = states.node(name)
        if state is not None:
            check_state(state, seen, check_script)
            if "fork" in state:
                check_fork(state, seen)
    return seen


def _check_field_names(report: Report, states: JsonObject) -> None:
    """Bound the names of sensitive fields. Each instance stores them, and must stay small enough to be written."""
    characters = sum(map(len, set(_form_fields(states))))
    if characters > limits.FIELD_NAMES_CHARACTERS:
        report.error(
            ROOT / "states",
            f"The names of all form fields have {characters:,} characters together; at most "
            f"{limits.FIELD_NAMES_CHARACTERS:,} are allowed",
        )


def _warn_of_reach(report: Report, graph: Graph, initial: str) -> None:
    if not graph.ends_from(initial):
        message = f"No terminal state can be reached from '{initial}': instances would never complete"
        report.warn(ROOT / "states", message)
    for name in graph.unreachable_from(initial):
        report.warn(ROOT / "states" / name, f"State {quoted(name)} cannot be reached from the initial state")


def _warn_of_cycles(report: Report, graph: Graph) -> None:
    for cycle in graph.endless_cycles():
        names = ", ".join(map(quoted, cycle[:10]))
        report.warn(
            ROOT / "states" / cycle[0],
            f"Action states lead round in a circle with no halting state in it ({names}): "
            "an instance fails there after 1,000 transitions in a row",
        )


def _warn_of_name_clashes(report: Report, states: JsonObject, condition_fields: set[str]) -> None:
    """Warn if an HTTP state has the name of a field: its result is stored under its name, or elsewhere if that is taken
    (ruling 7).
    """
    fields = {field.removeprefix("workflow_data.") for field in condition_fields}
    form_fields = set(_form_fields(states))
    for name, state in states.items():
        if not isinstance(state, dict) or not _keeps_result_under_name(state):
            continue
        if name in form_fields or name in fields:
            what = "a form field" if name in form_fields else "a field of a condition"
            report.warn(
                ROOT / "states" / name,
                f"The HTTP state {quoted(name)} is named like {what}: its result is kept under the state's name "
                "and could be taken for it; rename the state or give it an output",
            )


def _keeps_result_under_name(state: JsonObject) -> bool:
    logic, output = state.get("logic"), state.get("output")
    elsewhere = isinstance(output, str) or (isinstance(output, dict) and "path" in output)
    return isinstance(logic, dict) and logic.get("type") == "http" and not elsewhere


def _form_fields(states: JsonObject) -> Iterator[str]:
    for state in states.values():
        presentation = state.get("presentation") if isinstance(state, dict) else None
        fields = presentation.get("fields") if isinstance(presentation, dict) else None
        for field in fields if isinstance(fields, list) else []:
            name = field.get("name") if isinstance(field, dict) else None
            if isinstance(name, str):
                yield name
