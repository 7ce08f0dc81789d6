"""What answers look like, as the API's documentation describes it."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from tests.support.template import ROOT

DEFINITION_SCHEMA = ROOT / "layers/engine/interactor/definitions/rules/workflow-definition.json"
_ULID = "[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@cache
def _registry() -> Registry[Any]:
    definition = json.loads(DEFINITION_SCHEMA.read_text())
    # The instance's schema names the other by where it lies beside it.
    beside = "https://core.interactor.com/schemas/workflow-definition.json"
    return Registry().with_resource(beside, Resource.from_contents(definition))


@cache
def instance_schema() -> Draft202012Validator:
    """The Instance Response Schema of the API's appendix."""
    schema = json.loads((Path(__file__).parent / "workflow-instance.json").read_text())
    return Draft202012Validator(schema, registry=_registry(), format_checker=FormatChecker())


@cache
def definition_schema() -> Draft202012Validator:
    """The schema of definitions that the API publishes."""
    return Draft202012Validator(json.loads(DEFINITION_SCHEMA.read_text()))


def check_instance(instance: Any) -> None:
    """Hold a whole instance to the documented schema and to the fields that clients' types have."""
    problems = [f"{error.json_path}: {error.message}" for error in instance_schema().iter_errors(instance)]
    assert not problems, problems
    assert {"version_id", "namespace", "workflow_data", "threads", "history", "updated_at"} <= set(instance)
    assert is_id("inst", instance["id"])
    assert is_time(instance["created_at"])
    assert ("halting_presentation" in instance) == ("halted_options" in instance) == ("halted_at_state" in instance)
    assert ("halt_id" in instance) == ("halted_at_state" in instance)


def is_id(prefix: str, text: str) -> bool:
    """Whether a text is an id of ruling 21."""
    return re.fullmatch(f"{prefix}_{_ULID}", text) is not None


def is_time(text: str) -> bool:
    """Whether a text is a moment as ruling 21 writes it."""
    return _TIME.fullmatch(text) is not None
