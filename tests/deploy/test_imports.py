"""What a cold start pays for: what each function imports before it is called, told from the source alone."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.template import ROOT, declared_functions

ENGINE = ROOT / "layers" / "engine"
FUNCTIONS = sorted(declared_functions())
NEVER = {"boto3", "pydantic", "requests", "s3transfer"}
"""Each takes long to import, and of what it does nothing is needed here but what a smaller package does."""
OF_ALL = {"aws_lambda_powertools", "botocore", "ulid"}
"""The log, the errors of the table, and ids. Whatever else is used is imported at its first use."""
BODIES = "interactor.api.bodies"
OF_BODIES = {"pydantic_core"}
DESCRIPTION = "interactor.api.openapi"
CHECK = {"interactor.definitions.rules.check", "interactor.definitions.rules.compile"}
CHECKS = {"create_version", "create_workflow", "validate_workflow"}
ENGINE_ITSELF = {"interactor.instances.engine", "interactor.instances.rules.machine"}
MOVES = {
    "act_on_task",
    "advance_steps",
    "cancel_instance",
    "create_file",
    "create_instance",
    "manage_task",
    "pause_instance",
    "respond_to_tasks",
    "resume_instance",
    "resume_thread",
    "retry_instance",
    "unpause_instance",
}
"""The functions that take an instance on, or ask as they do whether it goes on."""


@cache
def source(module: str) -> Path | None:
    """Where a module of the engine is."""
    path = ENGINE / module.replace(".", "/")
    return next((each for each in (path.with_suffix(".py"), path / "__init__.py") if each.exists()), None)


def imported(body: list[ast.stmt]) -> Iterator[str]:
    """What the statements of a module import as it is loaded."""
    for statement in body:
        match statement:
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield module
                yield from (f"{module}.{each.name}" for each in names if source(f"{module}.{each.name}"))
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.If() | ast.Try():
                yield from imported([*statement.body, *statement.orelse])


@cache
def imports_of(path: Path) -> frozenset[str]:
    return frozenset(imported(ast.parse(path.read_text()).body))


@cache
def loaded_by(function: str) -> frozenset[str]:
    """Every module that a function's handler loads as it is imported."""
    found: set[str] = set()
    waiting = [ROOT / "functions" / function / "app.py"]
    while waiting:
        for module in imports_of(waiting.pop()) - found:
            found.add(module)
            if (path := source(module)) is not None:
                waiting.append(path)
    return frozenset(found)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_no_package_before_it_uses_it(function: str) -> None:
    packages = {module.partition(".")[0] for module in loaded_by(function)} - sys.stdlib_module_names - {"interactor"}
    assert not packages & NEVER
    assert packages <= (OF_ALL | OF_BODIES if BODIES in loaded_by(function) else OF_ALL)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_no_part_of_the_engine_that_others_are_for(function: str) -> None:
    assert function in CHECKS or not loaded_by(function) & CHECK
    assert function in MOVES or not loaded_by(function) & ENGINE_ITSELF
    assert function == "get_openapi" or not any(module.startswith(DESCRIPTION) for module in loaded_by(function))


def test_the_lists_name_functions_that_there_are() -> None:
    assert set(FUNCTIONS) >= CHECKS | MOVES
    assert all(loaded_by(function) & ENGINE_ITSELF for function in MOVES)
