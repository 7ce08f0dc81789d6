"""The functions' environment: the one model of the settings, and what the template declares for all functions."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

from interactor.settings import FOR_EVER, Settings, SettingsError, from_environment
from tests.support.template import ROOT, functions

READ_BY_POWERTOOLS = {"LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}
READ_FOR_LOGS = {"RELEASE"}
SET_BY_LAMBDA = {"AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "LD_LIBRARY_PATH", "_X_AMZN_TRACE_ID"}
SETTINGS = {name.upper() for name in get_type_hints(Settings)}
VARIABLE = re.compile(r"_?[A-Z]+(_[A-Z0-9]+)+")
COMPLETE = dict.fromkeys(SETTINGS, "1") | dict.fromkeys(
    ("RUNNING_TTL", "HALTED_TTL", "RETENTION_AFTER_END", "FILE_RETENTION", "LINK_LIFETIME"), "30d"
)
COMPLETE["OUTGOING_PRIVATE_RANGES"] = ""


def read_in(path: Path) -> Iterator[str]:
    """The variables that a module reads past the settings, by ``os.environ``."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and "environ" in ast.unparse(node.func):
            given = node.args
        elif isinstance(node, ast.Subscript) and "environ" in ast.unparse(node.value):
            given = [node.slice]
        else:
            continue
        for argument in given:
            if isinstance(argument, ast.Constant) and VARIABLE.fullmatch(str(argument.value)):
                yield argument.value


def test_every_function_is_given_every_setting_and_nothing_else() -> None:
    for function in functions():
        assert set(function.variables) == SETTINGS | READ_BY_POWERTOOLS | READ_FOR_LOGS, function.folder


def test_nothing_that_is_deployed_reads_the_environment_past_the_settings() -> None:
    engine = ROOT / "layers/engine/interactor"
    deployed = [*engine.rglob("*.py"), *ROOT.glob("functions/*/app.py")]
    assert {name for path in deployed for name in read_in(path)} <= SET_BY_LAMBDA


def test_a_process_without_a_setting_does_not_start_and_says_which() -> None:
    without = {name: value for name, value in COMPLETE.items() if name not in ("NAMESPACE_QUOTA", "TABLE_NAME")}
    with pytest.raises(SettingsError, match="TABLE_NAME is not set; NAMESPACE_QUOTA is not set"):
        from_environment(without)


@pytest.mark.parametrize("name", ["NAMESPACE_QUOTA", "RATE_LIMIT_READ", "HALTED_TTL", "INLINE_BUDGET_MS"])
def test_a_setting_that_cannot_be_read_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        from_environment(COMPLETE | {name: "many"})


def test_a_process_with_a_wrong_range_does_not_start_and_says_which() -> None:
    ranges = COMPLETE | {"OUTGOING_PRIVATE_RANGES": "10.1.0.0/16, 10.0.0.1/8"}
    with pytest.raises(SettingsError, match=r"OUTGOING_PRIVATE_RANGES: '10.0.0.1/8' is not .* has host bits set"):
        from_environment(ranges)


def test_ranges_are_read_as_networks() -> None:
    found = from_environment(COMPLETE | {"OUTGOING_PRIVATE_RANGES": "10.1.0.0/16,fd12:3456:789a::/48"})
    assert [str(each) for each in found.outgoing_private_ranges] == ["10.1.0.0/16", "fd12:3456:789a::/48"]
    assert from_environment(COMPLETE).outgoing_private_ranges == ()


def test_nothing_is_no_limit_but_zero() -> None:
    found = from_environment(COMPLETE | {"NAMESPACE_QUOTA": "0", "HALTED_TTL": "0"})
    assert (found.namespace_quota, found.halted_ttl, found.rate_limit_read) == (None, FOR_EVER, 1)
