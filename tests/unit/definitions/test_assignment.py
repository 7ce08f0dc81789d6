"""What a definition may say of who decides: every mistake has its path, and an unknown property is an error."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactor.assignments.resolve import resolve
from interactor.core.paths import Scope
from interactor.definitions.rules.check import check
from interactor.definitions.rules.compile import compile_definition
from interactor.definitions.rules.model import Definition

FORM = {
    "type": "form",
    "fields": [
        {"name": "approved", "type": "boolean", "label": "Approved", "required": True},
        {"name": "grade", "type": "select", "label": "Grade", "options": [{"value": "a", "label": "A"}]},
    ],
}


def definition(assignment: Any, **state: Any) -> Any:
    review = {"type": "halting", "presentation": FORM, "transitions": [{"target": "done"}], **state}
    return {
        "name": "flow",
        "initial_state": "review",
        "states": {"review": {**review, "assignment": assignment}, "done": {"type": "terminal"}},
    }


def errors(assignment: Any, **state: Any) -> dict[str, str]:
    verdict = check(definition(assignment, **state), lambda _: None)
    return {each.path.removeprefix("states.review."): each.message for each in verdict.errors}


ASKED = {"users": ["ann", "bo"]}
WRONG = [
    ({"users": ["ann"], "exclud": ["bo"]}, "assignment.exclud", "did you mean 'exclude'"),
    ([], "assignment", "must be an object"),
    ({}, "assignment.users", "somebody must be asked"),
    ({"users": [5]}, "assignment.users[0]", "as a text"),
    ({"users": {}}, "assignment.users", "must be a list"),
    ({**ASKED, "exclude": [{"decided": ["other"]}]}, "assignment.exclude[0].decided[0]", "no state with an assignment"),
    ({**ASKED, "exclude": [{"decidd": ["review"]}]}, "assignment.exclude[0].decidd", "did you mean 'decided'"),
    ({**ASKED, "fallback": {"group": ["x"]}}, "assignment.fallback.group", "did you mean 'groups'"),
    (
        {**ASKED, "outcome": {"field": "aproved", "approve": [True]}},
        "assignment.outcome.field",
        "did you mean 'approved'",
    ),
    ({**ASKED, "outcome": {"field": "approved", "approve": ["yes"]}}, "assignment.outcome.approve[0]", "cannot be"),
    ({**ASKED, "outcome": {"field": "grade", "approve": ["b"]}}, "assignment.outcome.approve[0]", "cannot be answered"),
    (
        {**ASKED, "outcome": {"field": "approved", "approve": [True], "reject": [True]}},
        "assignment.outcome.reject[0]",
        "approves already",
    ),
    ({**ASKED, "quorum": "most"}, "assignment.quorum", '"first", "all"'),
    ({**ASKED, "quorum": {}}, "assignment.quorum", "either approve or responses"),
    ({**ASKED, "quorum": {"approve": 3}}, "assignment.quorum.approve", "2 are asked"),
    ({**ASKED, "quorum": {"approve": 0}}, "assignment.quorum.approve", "between 1"),
    ({**ASKED, "quorum": {"approve": "60"}}, "assignment.quorum.approve", "60%"),
    ({**ASKED, "quorum": {"approve": "160%"}}, "assignment.quorum.approve", "60%"),
    ({**ASKED, "quorum": {"approve": 1, "rejct": 1}}, "assignment.quorum.rejct", "did you mean 'reject'"),
    ({**ASKED, "quorum": {"approve": 1, "per_group": True}}, "assignment.quorum.per_group", "needs groups"),
    ({**ASKED, "quorum": {"responses": 1, "reject": 1}}, "assignment.quorum.reject", "no meaning"),
    ({**ASKED, "comment": "sometimes"}, "assignment.comment", "must be"),
    ({**ASKED, "priority": "utmost"}, "assignment.priority", "must be"),
    ({**ASKED, "claim": {"for": "soon"}}, "assignment.claim.for", "duration"),
    ({**ASKED, "claim": {}, "quorum": "all"}, "assignment.claim", "several people"),
    ({**ASKED, "due": {}}, "assignment.due", "either after or at"),
    ({**ASKED, "due": {"at": "tomorrow"}}, "assignment.due.at", "no date"),
    ({**ASKED, "remind": {"every": "1d"}}, "assignment.remind", "needs a due date"),
    ({**ASKED, "due": {"after": "1d"}, "remind": {"every": "5m"}}, "assignment.remind.every", "an hour"),
    ({**ASKED, "due": {"after": "1d"}, "remind": {"before_due": ["x"]}}, "assignment.remind.before_due[0]", "duration"),
    ({**ASKED, "escalate": [{"after": "1d"}]}, "assignment.escalate[0].notify", "does something"),
    (
        {**ASKED, "escalate": [{"after": "2d", "target": "done"}, {"after": "1d", "notify": {"users": ["x"]}}]},
        "assignment.escalate[1].after",
        "later than",
    ),
    (
        {**ASKED, "escalate": [{"after": "1d", "target": "done"}, {"after": "2d", "notify": {"users": ["x"]}}]},
        "assignment.escalate[0].target",
        "only the last",
    ),
    ({**ASKED, "escalate": [{"after": "1d", "target": "dne"}]}, "assignment.escalate[0].target", "does not exist"),
    ({**ASKED, "links": "all"}, "assignment.links", "must be"),
    ({**ASKED, "early": True}, "assignment.early", "not taken yet"),
    ({**ASKED, "users": ["${input.x"]}, "assignment.users[0]", "not closed"),
    ({**ASKED, "key": "${secrets.X}"}, "assignment.key", "secrets"),
]


@pytest.mark.parametrize(("assignment", "path", "says"), WRONG, ids=lambda value: str(value)[:60])
def test_a_wrong_assignment_is_told_where_and_why(assignment: Any, path: str, says: str) -> None:
    found = errors(assignment)
    assert path in found, found
    assert says in found[path]


def test_what_stands_beside_an_assignment_is_judged_with_it() -> None:
    assert "additional_input" in errors(ASKED, additional_input=True)
    leads = {**ASKED, "escalate": [{"after": "1d", "target": "done"}]}
    assert "assignment.escalate[0].target" in errors(leads, timeout={"after": "1d", "target": "done"})
    secret = {
        "type": "form",
        "fields": [{**FORM["fields"][0]}, {"name": "pin", "type": "string", "label": "P", "sensitive": True}],
    }
    assert "presentation.fields[1].sensitive" in errors({**ASKED, "quorum": "all"}, presentation=secret)
    assert errors(ASKED, presentation=secret) == {}
    plain = {"type": "message", "message": "?"}
    assert "assignment.quorum" in errors({**ASKED, "quorum": "all"}, presentation=plain)
    assert errors({**ASKED, "quorum": {"responses": "all"}}, presentation=plain) == {}
    forged = {"type": "form", "fields": [{"name": "decisions", "type": "string", "label": "D"}]}
    assert "presentation.fields[0].name" in errors(ASKED, presentation=forged)
    assert "assignment" in errors(ASKED, type="action")


def test_warnings_say_who_might_approve_their_own() -> None:
    def warned(assignment: Any) -> set[str]:
        return {each.path for each in check(definition(assignment), lambda _: None).warnings}

    assert warned(ASKED) == {"states.review.assignment"}
    assert warned({**ASKED, "exclude": ["${context.initiator}"]}) == set()
    groups = {"groups": ["x"], "exclude": ["eve"]}
    assert warned({**groups, "quorum": {"approve": 2}}) == {"states.review.assignment.quorum.approve"}
    assert warned({**groups, "quorum": {"approve": 2, "reject": 1}}) == set()


RIGHT = {
    "users": ["ann", "bo"], "groups": ["finance"], "watchers": ["eve"], "exclude": ["${context.initiator}", "zed"],
    "fallback": {"groups": ["admins"]}, "outcome": {"field": "approved", "approve": [True], "reject": [False]},
    "quorum": {"approve": 2, "reject": 1}, "comment": "on_reject", "delegation": "anyone", "contact": "eve",
    "priority": "high", "key": "${input.id}", "labels": {"site": "north"}, "due": {"after": "2d"},
    "remind": {"before_due": ["1d"], "every": "1d"}, "links": "decide",
    "escalate": [{"after": "2d", "notify": {"groups": ["leads"]}},
                 {"after": "3d", "to": {"users": ["di"]}, "keep": True},
                 {"after": "5d", "target": "done"}],
}  # fmt: skip


def test_what_is_right_compiles_is_read_back_and_can_be_resolved() -> None:
    assert errors(RIGHT) == {}
    compiled = compile_definition(definition(RIGHT))
    stored = compiled.to_json()
    assert stored["compiler"] == 3
    assert Definition.load(json.loads(json.dumps(stored))) == compiled
    scope = Scope({}, {"id": "o_1"}, {"initiator": "bot"})
    asked = resolve(RIGHT, scope, FORM, {}, {}, lambda _: {"finance": ("cy",)}, 0, "")
    assert (asked.users, asked.groups) == (("ann", "bo"), ("finance",))
    assert (asked.excluded, asked.quorum.needed) == (("bot", "zed"), 2)
    assert (asked.key, asked.priority, len(asked.levels), len(asked.reminders)) == ("o_1", "high", 3, 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 200) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*RIGHT, "approve", "after", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(RIGHT)), JSON)
def test_whatever_stands_there_the_check_answers(key: str, value: Any) -> None:
    check(definition({**RIGHT, key: value}), lambda _: None)
    check(definition(value), lambda _: None)
