"""Event filters as event source mappings write them: which records a function is called for."""

import operator
from collections.abc import Iterable, Mapping
from typing import Any

_ABSENT = object()
_OPERATORS = {"exists", "prefix", "suffix", "anything-but", "equals-ignore-case", "numeric"}
_COMPARISONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def check(pattern: Mapping[str, Any]) -> None:
    """Refuse, with a ``ValueError``, a pattern with an operator that ``matches`` does not know."""
    for key, value in pattern.items():
        if isinstance(value, Mapping):
            check(value)
        elif not isinstance(value, list):
            raise ValueError(f"The filter value of {key!r} must be a list or an object.")
        else:
            for item in value:
                if isinstance(item, Mapping) and not set(item) <= _OPERATORS:
                    raise ValueError(f"The local run does not know the filter {item!r} on {key!r}.")


def any_matches(patterns: Iterable[Mapping[str, Any]], record: Mapping[str, Any]) -> bool:
    """Whether one of the patterns matches; no patterns at all let everything through."""
    several = list(patterns)
    return not several or any(matches(pattern, record) for pattern in several)


def matches(pattern: Mapping[str, Any], record: Any) -> bool:
    """Whether every key of the pattern accepts the record's value there."""
    for key, wanted in pattern.items():
        value = record.get(key, _ABSENT) if isinstance(record, Mapping) else _ABSENT
        if isinstance(wanted, Mapping):
            if not matches(wanted, value):
                return False
        elif not any(_accepts(rule, value) for rule in wanted):
            return False
    return True


def _accepts(rule: Any, value: Any) -> bool:
    if isinstance(value, list):
        return any(_accepts(rule, item) for item in value)
    if not isinstance(rule, Mapping):
        return bool(value is not _ABSENT and type(value) is type(rule) and value == rule)
    ((name, operand),) = rule.items()
    if name == "exists":
        return (value is not _ABSENT) == bool(operand)
    if value is _ABSENT:
        return False
    if name == "anything-but":
        refused = operand if isinstance(operand, list) else [operand]
        return not any(_accepts(item, value) for item in refused)
    if name == "numeric":
        return _numeric(operand, value)
    if not isinstance(value, str):
        return False
    if name == "prefix":
        return value.startswith(operand)
    if name == "suffix":
        return value.endswith(operand)
    return value.casefold() == str(operand).casefold()


def _numeric(operand: list[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    pairs = zip(operand[::2], operand[1::2], strict=True)
    return all(bool(_COMPARISONS[comparison](value, bound)) for comparison, bound in pairs)
