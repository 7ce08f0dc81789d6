"""Checks of a halting state's ``assignment``: who decides, how many of them, by when (ruling 37).

What nobody knows is an error here, and not a warning as elsewhere: a misspelt ``exclude`` would let somebody approve
what they asked for. What is a template is judged when the halt begins (``assignments.resolve``).
"""

from collections.abc import Sequence
from typing import Final

from interactor.core.jsons import Json, JsonObject, equal
from interactor.core.near import nearest
from interactor.core.times import HOUR, Millis, parse_duration, parse_iso
from interactor.definitions.rules.model import DECISIONS
from interactor.definitions.rules.properties import PROPERTIES
from interactor.definitions.rules.report import Place, quoted
from interactor.definitions.rules.shape import Node, check_templates, is_integer, is_templated, nodes

PRIORITIES: Final = ("low", "normal", "high", "urgent")
COMMENTS: Final = ("optional", "never", "on_reject", "always")
DELEGATIONS: Final = ("none", "group", "anyone")
LINKS: Final = ("none", "view", "decide")
LEVELS: Final = 5
REMINDERS: Final = 20
LABELS: Final = 10
PEOPLE: Final = 100
"""Entries of one list of people; how many there may be at a time is judged when they are known."""


def check_assignment(node: Node, states: JsonObject) -> None:
    """Report what is wrong with the assignment of a state; ``states`` are those of the definition."""
    assignment = node.node("assignment")
    if assignment is None:
        return
    if node.raw("type") in ("action", "terminal"):
        node.error("assignment", "assignment belongs to halting states: nobody is asked here")
        return
    _known(assignment, "assignment")
    check_templates(assignment.report, assignment.place, assignment.value, secrets=False)
    _people(assignment, assignment, ("users", "groups", "watchers"))
    _assignees(assignment)
    _exclude(assignment, states)
    outcome = _outcome(assignment, node)
    several = _quorum(assignment, outcome)
    _words(assignment)
    _claim(assignment, several)
    _due(assignment)
    _levels(assignment, node, states)
    _form(node, several)
    _warn_of_self_approval(assignment, outcome)


def has_assignment(states: JsonObject) -> bool:
    """Whether any state of a definition asks people."""
    return any(isinstance(state, dict) and "assignment" in state for state in states.values())


def check_reserved(state: Node) -> None:
    """Report what would write ``decisions`` beside tasks, in a definition that has some: it could forge one."""
    presentation = state.node("presentation") if isinstance(state.raw("presentation"), dict) else None
    for field in nodes(state.report, state.place / "presentation" / "fields", _fields(presentation), "a field"):
        if field.raw("name") == DECISIONS:
            field.error("name", f"'{DECISIONS}' is the key of what tasks decided; give the field another name")
    logic, output = state.raw("logic"), state.raw("output")
    path = output.get("path") if isinstance(output, dict) else output
    if isinstance(path, str) and path.partition(".")[0] == DECISIONS:
        state.error("output", f"'{DECISIONS}' is the key of what tasks decided; store the result elsewhere")
    if isinstance(logic, dict) and logic.get("type") == "http" and path is None and state.place.step == DECISIONS:
        state.error("output", f"the result would be stored as '{DECISIONS}', the key of what tasks decided")


def _known(node: Node, part: str) -> None:
    known = PROPERTIES[part]
    for name in node.value:
        if name not in known:
            near = nearest(name, known)
            meant = f"; did you mean '{near}'?" if near is not None else f"; known are {', '.join(known)}"
            node.error(name, f"{quoted(name)} is no property of {part}{meant}")


def _people(assignment: Node, node: Node, keys: Sequence[str]) -> None:
    """Lists of ids, or a template that comes to one."""
    for key in keys:
        value = node.raw(key)
        if key not in node or (isinstance(value, str) and value):
            continue
        for number, item in enumerate(node.items(key, most=PEOPLE) or []):
            if not isinstance(item, str) or not item:
                assignment.report.error(
                    node.place / key / number, f"every entry of {key} must be the id of a person or group, as a text"
                )


def _assignees(assignment: Node) -> None:
    if all(assignment.value.get(key, []) in ([], "", None) for key in ("users", "groups")):
        assignment.error("users", "users or groups are required: somebody must be asked")
    fallback = assignment.node("fallback")
    if fallback is not None:
        _known(fallback, "people")
        _people(assignment, fallback, ("users", "groups"))


def _exclude(assignment: Node, states: JsonObject) -> None:
    value = assignment.raw("exclude")
    if "exclude" not in assignment or isinstance(value, str):
        return
    for number, item in enumerate(assignment.items("exclude", most=PEOPLE) or []):
        place = assignment.place / "exclude" / number
        if isinstance(item, dict):
            decided = Node(assignment.report, place, item)
            _known(decided, "decided")
            for at, name in enumerate(decided.items("decided", required=True, least=1) or []):
                state = states.get(name) if isinstance(name, str) else None
                if not isinstance(state, dict) or "assignment" not in state:
                    assignment.report.error(place / "decided" / at, f"{quoted(name)} is no state with an assignment")
        elif not isinstance(item, str) or not item:
            assignment.report.error(place, 'must be the id of a person, a template, or {"decided": [states]}')


def _outcome(assignment: Node, state: Node) -> bool:
    """Whether it can be told what approves and what rejects."""
    fields, offered = _form_of(state)
    if "outcome" not in assignment:
        approved = fields.get("approved", {})
        by_box = approved.get("type") == "boolean" and approved.get("required") is True
        return by_box or {"approve", "reject"} <= set(map(str, offered))
    outcome = assignment.node("outcome")
    if outcome is None:
        return True
    _known(outcome, "outcome")
    field = outcome.text("field", required=True)
    lists = [
        outcome.items(key, required=key == "approve", least=key == "approve") or [] for key in ("approve", "reject")
    ]
    if field is not None and field not in fields and not (field == "choice" and offered):
        near = nearest(field, [*fields, *(("choice",) if offered else ())])
        meant = f"; did you mean '{near}'?" if near is not None else ""
        outcome.error("field", f"{quoted(field)} is no field of the form{meant}")
    elif field is not None:
        possible = _possible(fields.get(field), offered)
        for key, values in zip(("approve", "reject"), lists, strict=True):
            for number, value in enumerate(values):
                if possible is not None and not any(equal(value, each) for each in possible):
                    outcome.report.error(outcome.place / key / number, f"{quoted(value)} cannot be answered here")
    for number, value in enumerate(lists[1]):
        if any(equal(value, each) for each in lists[0]):
            outcome.report.error(outcome.place / "reject" / number, f"{quoted(value)} approves already")
    return True


def _possible(field: JsonObject | None, offered: Sequence[Json]) -> list[Json] | None:
    """The values that a field can have, where they can be listed."""
    if field is None:
        return [*offered]
    if field.get("type") == "boolean":
        return [True, False]
    options = field.get("options")
    if field.get("type") == "select" and isinstance(options, list):
        values = [each.get("value") if isinstance(each, dict) else each for each in options]
        return None if any(is_templated(each) for each in values) else values
    return None


def _quorum(assignment: Node, outcome: bool) -> bool:
    """Whether several people respond."""
    value = assignment.raw("quorum")
    if "quorum" not in assignment or value == "first":
        return False
    if isinstance(value, str):
        if value != "all":
            assignment.error("quorum", f'quorum must be "first", "all" or an object, not {quoted(value)}')
        elif not outcome:
            _no_outcome(assignment)
        return True
    quorum = assignment.node("quorum")
    if quorum is None:
        return True
    _known(quorum, "quorum")
    if ("approve" in quorum) == ("responses" in quorum):
        assignment.error("quorum", "quorum needs either approve or responses")
        return True
    for key in ("wait", "per_group"):
        quorum.boolean(key)
    counted = "responses" if "responses" in quorum else "approve"
    count = _count(quorum, counted, ("all",) if counted == "responses" else ("majority",))
    reject = _count(quorum, "reject", ()) if "reject" in quorum else None
    if counted == "responses":
        for key in ("reject", "per_group"):
            if key in quorum:
                quorum.error(key, f"{key} has no meaning beside responses: they complete the task whatever they say")
    elif not outcome:
        _no_outcome(assignment)
    if quorum.raw("per_group") is True and not assignment.value.get("groups"):
        quorum.error("per_group", "per_group needs groups")
    users = assignment.raw("users")
    constant = isinstance(users, list) and not any(is_templated(each) for each in users)
    if constant and not assignment.value.get("groups") and quorum.raw("per_group") is not True:
        people = len(set(map(str, users if isinstance(users, list) else [])))
        for key, number in ((counted, count), ("reject", reject)):
            if number is not None and number > people:
                quorum.error(key, f"{number} are needed, and {people} are asked")
    unbounded = counted == "approve" and bool(assignment.value.get("groups")) and is_integer(quorum.raw("approve"))
    if unbounded and "reject" not in quorum and quorum.raw("per_group") is not True:
        assignment.report.warn(
            quorum.place / "approve",
            "Members of groups come and go, so that it is never known that the approvals cannot be reached: say in "
            "reject how many rejections reject",
        )
    return True


def _no_outcome(assignment: Node) -> None:
    assignment.error(
        "quorum",
        "This quorum counts approvals, and nothing says what approves: give an outcome, a required boolean field "
        "'approved', or options 'approve' and 'reject'",
    )


def _count(quorum: Node, key: str, words: Sequence[str]) -> int | None:
    """A whole number, a share, one of the words, or a template; the number where it is one."""
    value = quorum.raw(key)
    if isinstance(value, str):
        share = value.removesuffix("%") if words == ("majority",) and value.endswith("%") else ""
        whole, _, part = share.partition(".")
        fits = whole.isascii() and whole.isdigit() and 0 < float(f"{whole}.{part or 0}") <= 100 if share else False
        if not (is_templated(value) or value in words or (fits and (not part or part.isdigit()))):
            wanted = ", ".join(f'"{word}"' for word in words)
            share_too = ', a share such as "60%"' if words == ("majority",) else ""
            quorum.error(key, f"{key} must be a whole number{share_too}{f' or {wanted}' if wanted else ''}")
        return None
    return quorum.integer(key, least=1, most=PEOPLE)


def _words(assignment: Node) -> None:
    for key, allowed in (("comment", COMMENTS), ("delegation", DELEGATIONS), ("links", LINKS)):
        assignment.one_of(key, allowed)
    if not is_templated(assignment.raw("priority")):
        assignment.one_of("priority", PRIORITIES)
    for key in ("contact", "key"):
        assignment.text(key, least=1)
    assignment.boolean("early")
    if assignment.raw("early") is True:
        assignment.error("early", "early responses are not taken yet; leave it out")
    labels = assignment.node("labels")
    if labels is not None:
        if len(labels.value) > LABELS:
            assignment.error("labels", f"labels has {len(labels.value)} entries; at most {LABELS} are allowed")
        for name in labels.value:
            labels.text(name)


def _claim(assignment: Node, several: bool) -> None:
    claim = assignment.node("claim")
    if claim is None:
        return
    _known(claim, "claim")
    claim.boolean("required")
    _duration(claim, "for")
    if several:
        assignment.error("claim", "claim has no meaning where several people respond")


def _due(assignment: Node) -> None:
    due = assignment.node("due")
    if due is not None:
        _known(due, "due")
        if ("after" in due) == ("at" in due):
            assignment.error("due", "due needs either after or at")
        _duration(due, "after")
        at = due.text("at")
        if at is not None and not is_templated(at):
            try:
                parse_iso(at)
            except (ValueError, OverflowError):
                due.error("at", f"{quoted(at)} is no date or time such as 2026-01-20T12:00:00Z")
    remind = assignment.node("remind")
    if remind is None:
        return
    _known(remind, "remind")
    if "due" not in assignment:
        assignment.error("remind", "remind needs a due date: it counts from there")
    for number, item in enumerate(remind.items("before_due", most=REMINDERS) or []):
        if not is_templated(item) and _length(item) is None:
            place = remind.place / "before_due" / number
            remind.report.error(place, f"{quoted(item)} is not a duration such as 30s, 15m, 24h or 7d")
    every = _duration(remind, "every")
    if every is not None and every < HOUR:
        remind.error("every", "every must be an hour or more")


def _length(value: Json) -> Millis | None:
    try:
        return parse_duration(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _levels(assignment: Node, state: Node, states: JsonObject) -> None:
    items = assignment.items("escalate", most=LEVELS) or []
    last: Millis = 0
    for number, level in enumerate(nodes(assignment.report, assignment.place / "escalate", items, "a level")):
        _known(level, "level")
        level.need("after")
        after = _duration(level, "after")
        if after is not None and after <= last:
            level.error("after", "every level must come later than the one before")
        last = last if after is None else after
        for key in ("notify", "to"):
            people = level.node(key)
            if people is not None:
                _known(people, "people")
                _people(assignment, people, ("users", "groups"))
        level.boolean("keep")
        if not any(key in level for key in ("notify", "to", "target")):
            level.error("notify", "a level does something: notify, to or target")
        target = level.text("target")
        if target is not None:
            if target not in states:
                level.error("target", f"Target state {quoted(target)} does not exist")
            if number + 1 < len(items):
                level.error("target", "only the last level can have a target: it ends the task")
            if "timeout" in state:
                level.error("target", "a state has either a timeout or a level with a target")


def _duration(node: Node, key: str) -> Millis | None:
    """The length of a duration that is no template."""
    value = node.text(key) if key in node else None
    if value is None or is_templated(value):
        return None
    try:
        return parse_duration(value)
    except ValueError as error:
        node.error(key, f"{key}: {error}")
        return None


def _form(state: Node, several: bool) -> None:
    """What the form of a state with an assignment must not have."""
    if state.raw("additional_input") is True:
        state.error("additional_input", "a state with an assignment takes the fields of its form and no other keys")
    if not several:
        return
    fields, _ = _form_of(state)
    for number, field in enumerate(fields.values()):
        if field.get("sensitive") is True:
            place: Place = state.place / "presentation" / "fields" / number
            state.report.error(
                place / "sensitive",
                "A sensitive field cannot be answered by several people: the history keeps no value to collect",
            )


def _form_of(state: Node) -> tuple[dict[str, JsonObject], list[Json]]:
    """The fields of a state's form by name, and the values that can be chosen."""
    presentation = state.raw("presentation")
    shown = presentation if isinstance(presentation, dict) else {}
    fields = {
        field["name"]: field
        for field in _fields(Node(state.report, state.place, shown))
        if isinstance(field, dict) and isinstance(field.get("name"), str)
    }
    keys = [each.get("key") for each in _objects(state.raw("transitions")) if each.get("key") is not None]
    if shown.get("type") == "choice":
        return fields, [each.get("value") for each in _objects(shown.get("options"))]
    return fields, keys if state.raw("transition_mode") == "selection" or not shown else []


def _fields(presentation: Node | None) -> list[Json]:
    fields = None if presentation is None else presentation.raw("fields")
    return fields if isinstance(fields, list) else []


def _objects(value: Json) -> list[JsonObject]:
    return [each for each in (value if isinstance(value, list) else []) if isinstance(each, dict)]


def _warn_of_self_approval(assignment: Node, outcome: bool) -> None:
    if "exclude" in assignment:
        return
    users, groups = assignment.raw("users"), assignment.raw("groups")
    listed = [each for value in (users, groups) for each in (value if isinstance(value, list) else [value])]
    if outcome or any(isinstance(each, str) and "${input." in each for each in listed):
        assignment.report.warn(
            assignment.place,
            'Whoever starts the workflow may decide this: name in exclude who must not, such as "${context.initiator}"',
        )
