"""What template.yaml says, read as plain values: an intrinsic is ``{"Ref": name}`` or ``{"Fn::GetAtt": "A.B"}``."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from local.gateway import Router
from local.template import Route

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"


class _Loader(yaml.SafeLoader):
    pass


def _intrinsic(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        value: Any = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        value = node.value
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


@dataclass(frozen=True)
class Trigger:
    """A queue that calls a function: by logical id, and whether it is told which messages failed."""

    function: str
    queue: str
    batch: int
    partial: bool


@dataclass(frozen=True)
class Function:
    """A declared function: its logical id, its folder's name, and its properties over the global ones."""

    logical_id: str
    folder: str
    properties: dict[str, Any]
    own_variables: dict[str, Any]
    common_variables: dict[str, Any]

    @property
    def variables(self) -> dict[str, Any]:
        """Its environment."""
        return self.common_variables | self.own_variables

    @property
    def role(self) -> str:
        """The logical id of its role: one that is written out, or that SAM makes of a function's policies."""
        return named(self.properties["Role"]) if "Role" in self.properties else f"{self.logical_id}Role"

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its triggers."""
        return list(self.properties.get("Events", {}).values())

    @property
    def statements(self) -> list[dict[str, Any]]:
        """What its code may do, by its own policies and by those it shares.

        Without what only a parameter allows, and without what Lambda does under its role for its trigger.
        """
        return [each for each in self._written if each["Effect"] == "Allow"]

    @property
    def denied(self) -> list[dict[str, Any]]:
        """What its code may not do, whatever else allows it."""
        return [each for each in self._written if each["Effect"] == "Deny"]

    @property
    def _written(self) -> list[dict[str, Any]]:
        listed = template()["Resources"]
        if self.role in listed:
            role = listed[self.role]["Properties"]
            # The second one is its trigger's; what may do nothing has neither.
            documents = [own["PolicyDocument"] for own in role.get("Policies", [])[:1]]
            shared = [each["Ref"] for each in role.get("ManagedPolicyArns", []) if "Ref" in each]
            documents += [listed[each]["Properties"]["PolicyDocument"] for each in shared]
        else:
            documents = [
                listed[policy["Ref"]]["Properties"]["PolicyDocument"] if "Ref" in policy else policy
                for policy in listed[self.role.removesuffix("Role")]["Properties"].get("Policies", [])
            ]
        return [statement for document in documents for statement in document["Statement"] if "Fn::If" not in statement]

    def triggers(self, kind: str) -> list[dict[str, Any]]:
        """The properties of its triggers of one type."""
        return [event.get("Properties", {}) for event in self.events if event["Type"] == kind]


@cache
def template() -> dict[str, Any]:
    """The whole template."""
    loaded: dict[str, Any] = yaml.load(TEMPLATE.read_text(), _Loader)  # noqa: S506 - a SafeLoader with CloudFormation's tags
    return loaded


@cache
def functions() -> list[Function]:
    """Every declared function."""
    document = template()
    common = document["Globals"]["Function"]
    found = []
    for logical_id, resource in document["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = {**common, **resource["Properties"]}
            own = resource["Properties"].get("Environment", {}).get("Variables", {})
            folder = Path(properties["CodeUri"]).name
            found.append(Function(logical_id, folder, properties, own, common["Environment"]["Variables"]))
    return found


@cache
def declared_functions() -> dict[str, dict[str, Any]]:
    """The properties of each function, by its folder's name."""
    return {
        Path(resource["Properties"]["CodeUri"]).name: resource["Properties"]
        for resource in template()["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    }


@cache
def router() -> Router:
    """The template's routes; each names its function's folder."""
    routes = [
        Route(properties.get("Method", "ANY").upper(), properties.get("Path", "$default"), folder)
        for folder, function in declared_functions().items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi"
        for properties in [event["Properties"]]
    ]
    return Router(routes)


@cache
def triggers() -> tuple[Trigger, ...]:
    """The queues that call functions."""
    return tuple(
        Trigger(
            folder,
            event["Properties"]["Queue"]["Fn::GetAtt"].removesuffix(".Arn"),
            event["Properties"]["BatchSize"],
            "ReportBatchItemFailures" in event["Properties"].get("FunctionResponseTypes", []),
        )
        for folder, function in declared_functions().items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS"
    )


@cache
def stream_filters() -> tuple[Mapping[str, Any], ...]:
    """The filters of the relay's stream."""
    (event,) = declared_functions()["relay_events"]["Events"].values()
    return tuple(json.loads(each["Pattern"]) for each in event["Properties"]["FilterCriteria"]["Filters"])


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of one type, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template()["Resources"].items()
        if resource["Type"] == kind
    }


def named(value: Any) -> str:
    """The logical id that ``!Ref`` or ``!GetAtt X.Arn`` names."""
    (reference,) = value.values()
    return str(reference).split(".")[0]


def strings(value: Any) -> Iterator[str]:
    """Every text within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
