"""docs/definitions.md: every example is a definition, or states of one, that the engine accepts."""

import json
import re
from typing import Any

import pytest

from interactor.core.conditions import OPERATORS
from interactor.core.errors import InvalidRequestError
from interactor.definitions.rules.check import check
from interactor.forms.check import check_input
from interactor.forms.defaults import with_own_defaults
from tests.support.pages import code, documents, rows, section, text

PAGE = text("docs/definitions.md")
EXAMPLES = documents(PAGE)


def whole(example: dict[str, Any]) -> dict[str, Any]:
    """A definition of an example that only has states: whatever they lead to is a terminal state."""
    if "states" in example:
        return example
    targets = set(re.findall(r"'(?:target|to)': '(\w+)'", repr(example)))
    ends = {target: {"type": "terminal"} for target in targets - example.keys()}
    return {"name": "example", "initial_state": next(iter(example)), "states": {**example, **ends}}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(next(iter(whole(example)["states"]))))
def test_the_engine_accepts_the_example(example: dict[str, Any]) -> None:
    verdict = check(whole(example), lambda code: None)
    assert verdict.errors == ()
    assert verdict.warnings == ()


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 10


def test_the_table_of_operators_is_the_engines() -> None:
    documented = [
        name for row in rows(section(PAGE, "Transitions and conditions")) for name in re.findall(r"\w+", row[0])
    ]
    assert documented == list(OPERATORS)


@pytest.mark.parametrize("row", [row for row in rows(section(PAGE, "Asking people")) if row[0] != "field"])
def test_what_becomes_of_what_a_browser_sends_is_as_the_table_says(row: list[str]) -> None:
    field, _, sent, stored = row
    form = with_own_defaults({"type": "form", "fields": [{"name": "x", **json.loads(code(field))}]})
    if stored == "refused":
        with pytest.raises(InvalidRequestError):
            check_input(form, {}, "condition", json.loads(code(sent)), None)
    else:
        merged = check_input(form, {}, "condition", json.loads(code(sent)), None).merged
        assert json.dumps(merged) == json.dumps(json.loads(code(stored)))


def test_the_table_of_what_browsers_send_is_there() -> None:
    assert len(rows(section(PAGE, "Asking people"))) > 20
