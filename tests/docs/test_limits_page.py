"""docs/limits.md against the constants and the template."""

import importlib
import re
from types import ModuleType

import pytest

from interactor.core import limits
from interactor.definitions.rules import limits as definition_limits
from tests.support.pages import code, rows, section, text
from tests.support.template import template

PAGE = text("docs/limits.md")
NOT_A_LIMIT = {"KILOBYTE", "MINUTE", "SECOND"}


def constants(module: ModuleType) -> dict[str, str]:
    return {
        name: repr(value)
        for name, value in vars(module).items()
        if re.fullmatch(r"[A-Z][A-Z_]*", name) and name not in NOT_A_LIMIT
    }


def stated(heading: str) -> dict[str, str]:
    return dict(code(row[1]).split(" = ", 1) for row in rows(section(PAGE, heading)))


def test_every_bound_of_an_instance_is_on_the_page_with_its_value() -> None:
    assert stated("Instances") == constants(limits)


def test_every_bound_of_a_definition_is_on_the_page_with_its_value() -> None:
    assert stated("Definitions") == constants(definition_limits)


@pytest.mark.parametrize(("name", "value"), sorted(stated("Elsewhere").items()))
def test_a_bound_that_lives_elsewhere_has_the_value_on_the_page(name: str, value: str) -> None:
    module, _, constant = name.rpartition(".")
    assert repr(getattr(importlib.import_module(f"interactor.{module}"), constant)) == value


def test_every_parameter_of_the_template_is_on_the_page_with_its_default() -> None:
    declared = {name: str(parameter["Default"]) for name, parameter in template()["Parameters"].items()}
    documented = {code(row[0]): code(row[1]) for row in rows(section(PAGE, "What a deployment sets"))}
    assert documented == declared
