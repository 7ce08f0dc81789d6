"""Parameters, conditions and intrinsic functions of a CloudFormation template, resolved to plain values."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")
_ABSENT = object()


class Attributes(Protocol):
    """What the resources of the template are called and look like from outside."""

    def reference(self, logical_id: str) -> Any:
        """What ``Ref`` gives for a resource."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """What ``Fn::GetAtt`` gives for a resource."""


class Intrinsics:
    """Resolves values of one template. ``attributes`` may make a resource the moment it is named."""

    def __init__(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
        pseudo: Mapping[str, Any],
        attributes: Attributes,
    ) -> None:
        self._resources = template.get("Resources", {})
        self._conditions = template.get("Conditions", {})
        self._mappings = template.get("Mappings", {})
        self._values = {**pseudo, **parameters}
        self._attributes = attributes
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::If": self._if,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Base64": lambda value: base64.b64encode(str(self.resolve(value)).encode()).decode(),
            "Fn::Equals": self._equals,
            "Fn::Not": lambda values: not self.resolve(values[0]),
            "Fn::And": lambda values: all(self.resolve(value) for value in values),
            "Fn::Or": lambda values: any(self.resolve(value) for value in values),
            "Condition": self.condition,
        }

    def resolve(self, value: Any) -> Any:
        """``value`` with every intrinsic in it replaced; what is ``AWS::NoValue`` is left out."""
        if isinstance(value, Mapping):
            if len(value) == 1:
                name, argument = next(iter(value.items()))
                function = self._functions.get(name)
                if function is not None and (name != "Condition" or isinstance(argument, str)):
                    return function(argument)
                if name.startswith("Fn::"):
                    raise ValueError(f"The local run does not know the intrinsic function {name}.")
            resolved = {key: self.resolve(item) for key, item in value.items()}
            return {key: item for key, item in resolved.items() if item is not _ABSENT}
        if isinstance(value, list):
            return [item for item in (self.resolve(element) for element in value) if item is not _ABSENT]
        return value

    def properties(self, logical_id: str) -> dict[str, Any]:
        """The resolved properties of a resource."""
        properties: dict[str, Any] = self.resolve(self._resources[logical_id].get("Properties", {}))
        return properties

    def exists(self, logical_id: str) -> bool:
        """Whether the resource's condition, if it has one, holds."""
        name = self._resources[logical_id].get("Condition")
        return name is None or self.condition(name)

    def condition(self, name: str) -> bool:
        """The value of a named condition."""
        if name not in self._conditions:
            raise ValueError(f"The template has no condition {name!r}.")
        return bool(self.resolve(self._conditions[name]))

    def _named(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _ABSENT
        if name in self._values:
            return self._values[name]
        if name in self._resources:
            return self._attributes.reference(name)
        raise ValueError(f"The template refers to {name!r}, which is no parameter and no resource.")

    def _ref(self, name: str) -> Any:
        return self._named(name)

    def _get_att(self, argument: Any) -> Any:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        return self._attributes.attribute(name, self.resolve(attribute))

    def _sub(self, argument: Any) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument

        def fill(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return f"${{{name}}}"
            if name in variables:
                return str(self.resolve(variables[name]))
            return str(self._get_att(name)) if "." in name else str(self._named(name))

        return _PLACEHOLDER.sub(fill, text)

    def _if(self, argument: list[Any]) -> Any:
        name, then, otherwise = argument
        return self.resolve(then if self.condition(name) else otherwise)

    def _join(self, argument: list[Any]) -> str:
        separator, values = argument
        return str(separator).join(str(value) for value in self.resolve(values))

    def _select(self, argument: list[Any]) -> Any:
        index, values = argument
        return self.resolve(values)[int(self.resolve(index))]

    def _split(self, argument: list[Any]) -> list[str]:
        separator, text = argument
        return str(self.resolve(text)).split(separator)

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, first, second = (self.resolve(part) for part in argument)
        return self._mappings[name][first][second]

    def _equals(self, argument: list[Any]) -> bool:
        left, right = (self.resolve(value) for value in argument)
        return str(left) == str(right)


def parameter_values(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """The value of every parameter: from ``given`` where it is named there, else its default.

    A missing or refused value is a ``ValueError`` that names the parameter and what it may be.
    """
    values: dict[str, Any] = {}
    for name, declared in template.get("Parameters", {}).items():
        value = given.get(name, declared.get("Default"))
        if value is None:
            raise ValueError(f"The parameter {name} has no default: set the environment variable {name}.")
        text = str(value)
        allowed = [str(item) for item in declared.get("AllowedValues", [])]
        if allowed and text not in allowed:
            raise ValueError(f"{name} is {text!r}, but may only be one of {', '.join(allowed)}.")
        pattern = declared.get("AllowedPattern")
        if pattern and not re.fullmatch(pattern, text):
            hint = declared.get("ConstraintDescription") or f"the pattern {pattern}"
            raise ValueError(f"{name} is {text!r}, which does not satisfy {hint}.")
        if declared.get("Type") == "Number":
            _check_number(name, text, declared)
        values[name] = text.split(",") if "List" in declared.get("Type", "") else text
    return values


def _check_number(name: str, text: str, declared: Mapping[str, Any]) -> None:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{name} must be a number, not {text!r}.") from None
    low, high = declared.get("MinValue"), declared.get("MaxValue")
    if (low is not None and number < float(low)) or (high is not None and number > float(high)):
        raise ValueError(f"{name} is {text}, but must be from {low} to {high}.")
