"""The functions' environment: what the code reads is declared, and what is declared is read."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.deploy.declared import ROOT, functions

READ_BY_POWERTOOLS = {"LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}
SET_BY_LAMBDA = {"AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "LD_LIBRARY_PATH", "_X_AMZN_TRACE_ID"}
SET_ELSEWHERE = {"AWS_ENDPOINT_URL"}
"""Where AWS is not AWS, as in the local run."""
VARIABLE = re.compile(r"_?[A-Z]+(_[A-Z0-9]+)+")


def code() -> list[Path]:
    """What is deployed; ``admin`` runs elsewhere, and has options for what it reads."""
    engine = ROOT / "layers/engine/interactor"
    return [path for path in [*engine.rglob("*.py"), *ROOT.glob("functions/*/app.py")] if "admin" not in path.parts]


def read_in(path: Path) -> Iterator[str]:
    """The variables that a module reads: by ``settings``, by ``os.environ``, or by a helper of its own."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            given = node.args
        elif isinstance(node, ast.Subscript) and "environ" in ast.unparse(node.value):
            given = [node.slice]
        else:
            continue
        for argument in given:
            if (
                isinstance(argument, ast.Constant)
                and isinstance(argument.value, str)
                and VARIABLE.fullmatch(argument.value)
            ):
                yield argument.value


def test_what_is_read_is_declared_and_what_is_declared_is_read() -> None:
    read = {name for path in code() for name in read_in(path)} - SET_BY_LAMBDA - SET_ELSEWHERE
    declared = {name for function in functions() for name in function.variables}

    assert declared - READ_BY_POWERTOOLS == read
