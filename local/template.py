"""What a transformed template declares, as values the local run works with."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.intrinsics import Intrinsics
from local.transform import Transformed

_INTEGRATED_FUNCTION = re.compile(r"\$\{(\w+)(?:\.Arn)?\}/invocations")
"""A function is called by its ARN, or by an alias, which ``Ref`` gives the ARN of."""
_ANY = "x-amazon-apigateway-any-method"
_CORS = "x-amazon-apigateway-cors"


@dataclass(frozen=True, slots=True)
class Function:
    """A declared function. ``timeout`` in seconds, ``memory`` in MB."""

    logical_id: str
    name: str
    arn: str
    code_uri: str
    handler: str
    timeout: int
    memory: int
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the HTTP API. ``method`` is upper-case or ``ANY``; ``path`` is as written, or ``$default``."""

    method: str
    path: str
    function: str

    @property
    def key(self) -> str:
        """API Gateway's ``routeKey``."""
        return "$default" if self.path == "$default" else f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """An event source mapping: a queue or a stream that calls a function with batches."""

    function: str
    source_arn: str
    batch_size: int
    concurrency: int
    report_failures: bool
    filters: tuple[Mapping[str, Any], ...]
    retries: int
    bisect: bool
    failure_destination: str | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule that calls a function. ``source`` is ``aws.events`` (a rule) or ``aws.scheduler``."""

    function: str
    arn: str
    source: str
    input: str | None


@dataclass(frozen=True, slots=True)
class Declared:
    """Everything in the template that serves requests or runs on its own, and the API's CORS rules as written."""

    functions: dict[str, Function]
    routes: tuple[Route, ...]
    queues: tuple[SourceMapping, ...]
    streams: tuple[SourceMapping, ...]
    schedules: tuple[Schedule, ...]
    cors: Mapping[str, Any] = field(default_factory=dict)


def read(transformed: Transformed, intrinsics: Intrinsics) -> Declared:
    """Read functions, routes and triggers. Unknown sources are a ``ValueError`` rather than silence."""
    resources = transformed.template.get("Resources", {})
    present = {name: resource["Type"] for name, resource in resources.items() if intrinsics.exists(name)}
    functions = {
        name: _function(name, transformed, intrinsics)
        for name, kind in present.items()
        if kind == "AWS::Lambda::Function"
    }
    # The local run has one version of a function, and its alias leads there.
    aliases = {
        name: str(resources[name]["Properties"]["FunctionName"]["Ref"])
        for name, kind in present.items()
        if kind == "AWS::Lambda::Alias"
    }
    by_arn = {function.arn: name for name, function in functions.items()}
    by_arn |= {str(intrinsics.resolve({"Ref": alias})): name for alias, name in aliases.items()}
    by_name = {function.name: name for name, function in functions.items()}
    queues: list[SourceMapping] = []
    streams: list[SourceMapping] = []
    schedules: list[Schedule] = []
    for name, kind in present.items():
        if kind == "AWS::Lambda::EventSourceMapping":
            mapping = _mapping(intrinsics.properties(name), {**by_arn, **by_name})
            if mapping is not None:
                (queues if ":sqs:" in mapping.source_arn else streams).append(mapping)
        elif kind in ("AWS::Events::Rule", "AWS::Scheduler::Schedule"):
            schedules.extend(_schedules(name, kind, intrinsics, by_arn))
    bodies = [
        resources[name].get("Properties", {}).get("Body", {})
        for name, kind in present.items()
        if kind == "AWS::ApiGatewayV2::Api"
    ]
    routes = [route for body in bodies for route in _routes(body, intrinsics, aliases)]
    rules = [intrinsics.resolve(body[_CORS]) for body in bodies if _CORS in body]
    cors = next((each for each in rules if isinstance(each, Mapping)), {})
    return Declared(functions, tuple(routes), tuple(queues), tuple(streams), tuple(schedules), cors)


def shared_environment(declared: Declared) -> dict[str, str]:
    """The variables of all functions, which one process must serve: a name with two values is a ``ValueError``."""
    shared: dict[str, tuple[str, str]] = {}
    for function in declared.functions.values():
        for name, value in function.environment.items():
            other, existing = shared.setdefault(name, (function.logical_id, value))
            if existing != value:
                raise ValueError(
                    f"The variable {name} is {existing!r} in {other} and {value!r} in {function.logical_id}: "
                    "a variable must have one value across all functions, rename one of them."
                )
    return {name: value for name, (_, value) in shared.items()}


def _function(name: str, transformed: Transformed, intrinsics: Intrinsics) -> Function:
    properties = intrinsics.properties(name)
    code = transformed.code.get(name)
    if code is None:
        raise ValueError(f"The function {name} has no code folder (CodeUri) the local run could load.")
    variables = properties.get("Environment", {}).get("Variables", {})
    return Function(
        logical_id=name,
        name=str(intrinsics.resolve({"Ref": name})),
        arn=str(intrinsics.resolve({"Fn::GetAtt": [name, "Arn"]})),
        code_uri=code.uri,
        handler=code.handler,
        timeout=int(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
        environment={key: _text(value) for key, value in variables.items()},
    )


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _mapping(properties: Mapping[str, Any], functions: Mapping[str, str]) -> SourceMapping | None:
    if str(properties.get("Enabled", True)).lower() == "false":
        return None
    arn = str(properties["EventSourceArn"])
    if ":sqs:" not in arn and ":dynamodb:" not in arn:
        raise ValueError(f"The local run does not know the event source {arn}: queues and table streams only.")
    destination = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    return SourceMapping(
        function=functions[str(properties["FunctionName"])],
        source_arn=arn,
        batch_size=int(properties.get("BatchSize", 10 if ":sqs:" in arn else 100)),
        concurrency=int(properties.get("ScalingConfig", {}).get("MaximumConcurrency", 8)),
        report_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
        filters=tuple(json.loads(item["Pattern"]) for item in properties.get("FilterCriteria", {}).get("Filters", [])),
        retries=int(properties.get("MaximumRetryAttempts", -1)),
        bisect=str(properties.get("BisectBatchOnFunctionError", False)).lower() == "true",
        failure_destination=None if destination is None else str(destination),
    )


def _schedules(name: str, kind: str, intrinsics: Intrinsics, by_arn: Mapping[str, str]) -> Iterator[Schedule]:
    properties = intrinsics.properties(name)
    if "ScheduleExpression" not in properties or properties.get("State", "ENABLED") != "ENABLED":
        return
    rule = kind == "AWS::Events::Rule"
    arn = str(intrinsics.resolve({"Fn::GetAtt": [name, "Arn"]}))
    for target in properties.get("Targets", []) if rule else [properties["Target"]]:
        if target["Arn"] in by_arn:
            source = "aws.events" if rule else "aws.scheduler"
            yield Schedule(by_arn[target["Arn"]], arn, source, target.get("Input"))


def _routes(body: Mapping[str, Any], intrinsics: Intrinsics, aliases: Mapping[str, str]) -> Iterator[Route]:
    for path, methods in body.get("paths", {}).items():
        for method, operation in methods.items():
            if method == "Fn::If":
                raise ValueError(f"The route {path} is conditional, which the local run does not know.")
            integration = operation.get("x-amazon-apigateway-integration") if isinstance(operation, dict) else None
            found = _INTEGRATED_FUNCTION.search(json.dumps(integration)) if integration else None
            if found and intrinsics.exists(found[1]):
                yield Route("ANY" if method == _ANY else method.upper(), path, aliases.get(found[1], found[1]))
