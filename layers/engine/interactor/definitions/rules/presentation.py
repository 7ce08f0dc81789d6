"""Checks of what a halting state shows: presentations, their fields, and halting instructions (rulings 3 and 9)."""

import re
from datetime import date

from interactor.core.jsons import Json
from interactor.definitions.rules import limits
from interactor.definitions.rules.report import quoted
from interactor.definitions.rules.shape import Node, check_templates, check_unfilled, is_number, is_templated, nodes

FIELD_TYPES = ("string", "number", "boolean", "select", "date", "file")

_FIELD_NAME = re.compile(limits.FIELD_NAME)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def check_presentation(node: Node) -> None:
    """Report what is wrong with a presentation."""
    kind = node.one_of("type", ("form", "choice", "message"), required=True, label="presentation.type")
    for key in ("title", "description"):
        node.text(key)
    node.text("message", required=kind == "message")
    node.boolean("show_progress")
    if kind == "form":
        _check_fields(node)
    elif kind == "choice":
        least, most = limits.CHOICE_OPTIONS
        _check_options(node, node.items("options", required=True, least=least, most=most))
    check_templates(node.report, node.place, node.value, secrets=False)


def check_instructions(node: Node) -> None:
    """Report what is wrong with ``halting_instructions``, in each of its spellings."""
    if "type" not in node:
        node.text("instruction", required=True, least=1)
        _check_included(node, "include_data")
    else:
        kind = node.one_of("type", ("ai", "message"), label="halting_instructions.type")
        config = node.node("config", required=True)
        if config is not None:
            _check_config(config, kind)
    check_templates(node.report, node.place, node.value, secrets=False)


def _check_config(config: Node, kind: str | None) -> None:
    if kind == "ai":
        config.text("prompt", required=True, least=1)
        config.text("model", least=1, most=128)
    elif kind == "message":
        config.text("message", required=True)
        config.text("title")
    _check_included(config, "include_data_paths")


def _check_included(node: Node, key: str) -> None:
    for index, path in enumerate(node.texts(key, limits.INCLUDED_PATHS) or ()):
        check_unfilled(node.report, node.place / key / index, path)


def _check_fields(form: Node) -> None:
    items = form.items("fields", required=True, most=limits.FIELDS)
    names: set[str] = set()
    for field in nodes(form.report, form.place / "fields", items or [], "a field"):
        name = field.text("name", required=True)
        if name is None:
            pass
        elif _FIELD_NAME.fullmatch(name) is None:
            field.error(
                "name", f"The name {quoted(name)} must be 1 to 64 lower-case letters, digits and _, a letter first"
            )
        elif name in names:
            field.error("name", f"The field name '{name}' is used twice in this form")
        else:
            names.add(name)
        _check_field(field)


def _check_field(field: Node) -> None:
    kind = field.one_of("type", FIELD_TYPES, required=True, label="field.type")
    field.text("label", required=True)
    field.boolean("required")
    field.text("placeholder")
    field.boolean("multiline")
    field.boolean("sensitive")
    field.integer("maxLength", 0)
    field.integer("maxSize", 1)
    field.text("accept")
    step = field.number("step")
    if step is not None and step <= 0:
        field.error("step", f"step must be greater than 0, not {quoted(step)}")
    low, high = field.number("min"), field.number("max")
    if low is not None and high is not None and low > high:
        field.error("min", f"min ({quoted(low)}) is greater than max ({quoted(high)})")
    first, last = _check_date(field, "minDate"), _check_date(field, "maxDate")
    if first is not None and last is not None and first > last:
        field.error("minDate", f"minDate ({first}) is later than maxDate ({last})")
    if kind == "select":
        _check_options(field, field.items("options", required=True, least=1))
    elif "options" in field:
        _check_options(field, field.items("options"))
    if kind is not None:
        _check_default(field, kind)


def _check_date(field: Node, key: str) -> date | None:
    text = field.text(key)
    if text is None or is_templated(text):
        return None
    day = _date(text)
    if day is None:
        field.error(key, f"{key} must be a date such as 2026-01-31, not {quoted(text)}")
    return day


def _date(text: Json) -> date | None:
    if not isinstance(text, str) or _DATE.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _check_options(node: Node, items: list[Json] | None) -> None:
    values: set[str] = set()
    for option in nodes(node.report, node.place / "options", items or [], "an option"):
        value = option.text("value", required=True)
        option.text("label", required=True)
        option.text("description")
        if value is None or is_templated(value):
            continue
        if value in values:
            option.error("value", f"The option {quoted(value)} appears twice")
        values.add(value)


def _check_default(field: Node, kind: str) -> None:
    """Report a constant default that its own field would not accept."""
    default = field.raw("default")
    if default is None or is_templated(default):
        return
    if kind == "file":
        message = "A file field shows no default but a file that an earlier halt took: fill it with a placeholder"
        field.report.warn(field.place / "default", message)
        return
    problem = {
        "string": _string_default,
        "number": _number_default,
        "boolean": _boolean_default,
        "select": _select_default,
        "date": _date_default,
    }.get(kind, _any_default)(field.value, default)
    if problem is not None:
        field.error("default", f"default {problem}, not {quoted(default)}")


def _string_default(field: dict[str, Json], default: Json) -> str | None:
    if not isinstance(default, str):
        return "must be a string"
    most = field.get("maxLength")
    if most is not None and is_number(most) and len(default) > most >= 0:
        return f"must have at most {most} characters (maxLength)"
    return None


def _number_default(field: dict[str, Json], default: Json) -> str | None:
    if not is_number(default):
        return "must be a number"
    low, high = field.get("min"), field.get("max")
    if is_number(low) and default < low:
        return f"must be {quoted(low)} or more (min)"
    if is_number(high) and default > high:
        return f"must be {quoted(high)} or less (max)"
    return None


def _boolean_default(_field: dict[str, Json], default: Json) -> str | None:
    return None if isinstance(default, bool) else "must be true or false"


def _select_default(field: dict[str, Json], default: Json) -> str | None:
    options = field.get("options")
    if not isinstance(options, list):
        return None
    values = [option.get("value") for option in options if isinstance(option, dict)]
    if default in values or any(map(is_templated, values)):
        return None
    return "must be the value of one of the options"


def _date_default(field: dict[str, Json], default: Json) -> str | None:
    day = _date(default)
    if day is None:
        return "must be a date such as 2026-01-31"
    first, last = _date(field.get("minDate")), _date(field.get("maxDate"))
    if first is not None and day < first:
        return f"must be {first} or later (minDate)"
    if last is not None and day > last:
        return f"must be {last} or earlier (maxDate)"
    return None


def _any_default(_field: dict[str, Json], _default: Json) -> str | None:
    return None
