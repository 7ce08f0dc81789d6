"""docs/errors.md against the errors that the code can answer, and the codes with which it can fail an instance."""

import ast
from collections.abc import Iterator
from functools import cache

from interactor.core.errors import InteractorError
from interactor.forms.presentation import PresentationTooLargeError
from interactor.instances.rules import machine
from interactor.logic import http as outgoing_logic
from tests.support.pages import ROOT, code, rows, section, text

PAGE = text("docs/errors.md")
PACKAGE = ROOT / "layers" / "engine" / "interactor"


def all_errors(kind: type[InteractorError] = InteractorError) -> Iterator[type[InteractorError]]:
    for child in kind.__subclasses__():
        if child.__module__ == InteractorError.__module__:
            yield child
            yield from all_errors(child)


@cache
def failure_codes() -> set[str]:
    """Codes written out where logic is failed, with those that tables of the code hold."""
    found = {code for code, _ in outgoing_logic._CODES.values()} | set(machine.PERMANENT)
    found.add(PresentationTooLargeError.code)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if name in ("fail", "Failed", "Failure", "AssignmentError") and isinstance(first, ast.Constant):
                found.add(str(first.value))
    return found


def test_the_table_of_answers_is_the_error_tree() -> None:
    documented = {(code(row[0]), int(row[1])) for row in rows(section(PAGE, "Answers"))}
    coded = {(kind.code, kind.status) for kind in all_errors() if hasattr(kind, "code")}
    assert documented == coded


def test_each_code_has_one_status() -> None:
    codes = [code(row[0]) for row in rows(section(PAGE, "Answers"))]
    assert len(codes) == len(set(codes))


def test_the_table_of_failures_has_every_code_that_logic_can_fail_with() -> None:
    documented = {code(row[0]) for row in rows(section(PAGE, "Failures of an instance"))}
    assert documented == failure_codes()


def test_the_table_says_which_failures_on_error_cannot_catch() -> None:
    permanent = {code(row[0]) for row in rows(section(PAGE, "Failures of an instance")) if row[2] == "yes"}
    assert permanent == machine.PERMANENT
