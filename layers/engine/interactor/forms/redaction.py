"""Sensitive form fields, such as passwords: the engine's logic uses their values, but answers do not show them.

The forms of the definition and the deployment's words decide, when an instance is created, which fields these are.
Their names are top-level keys of the data. Scripts, conditions and HTTP logic see the values. History, webhooks,
answers and halts have ``[redacted]`` instead, always under the same keys and for every value. So applying redacted
changes gives redacted data.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Final

from interactor.core import jsons
from interactor.core.jsons import Json, JsonObject
from interactor.core.paths import Scope
from interactor.core.templates import TemplateError, render
from interactor.definitions.rules.model import Definition

REDACTED: Final = "[redacted]"
SENSITIVE_TEXTS: Final = 100
"""Texts in one sensitive value that are searched for elsewhere. What a form gives is one, or a few for a file."""


@dataclass(frozen=True)
class Sensitive:
    """Values of sensitive fields: ``all`` that some logic could see, and those whose fields it ``mentioned``."""

    all: frozenset[str] = frozenset()
    mentioned: frozenset[str] = frozenset()


NO_SENSITIVE: Final = Sensitive()


def sensitive(found: Scope, keys: Collection[str], written: str) -> Sensitive:
    """Return the values of ``keys`` that logic with the text ``written`` can see in a scope."""
    all_mentioned = any(whole in written for whole in ("${input}", "${workflow_data}"))
    values: dict[str, set[str]] = {}
    for key in keys:
        given = (source.get(key) for source in (found.workflow_data, found.input) if isinstance(source, dict))
        values[key] = set(islice(chain.from_iterable(map(_texts, given)), SENSITIVE_TEXTS))
    mentioned = {text for key, each in values.items() if all_mentioned or key in written for text in each}
    return Sensitive(frozenset().union(*values.values()), frozenset(mentioned))


def nested(found: Json, keys: Collection[str]) -> Json:
    """Return a JSON value that is only shown, with ``keys`` hidden at every depth."""
    if isinstance(found, list):
        return [nested(each, keys) for each in found]
    if isinstance(found, dict):
        return {key: _hidden(each) if key in keys else nested(each, keys) for key, each in found.items()}
    return found


def fields_of(definition: Definition, words: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the form fields to redact: those with ``sensitive``, and those that match a word.

    A word matches a field with this type, or with the word between ``_`` in its name. ``"sensitive": false`` exempts a
    field. If a name is sensitive in one form, it is redacted everywhere.
    """
    found: dict[str, None] = {}
    for state in definition.states.values():
        for field in (state.presentation or {}).get("fields") or ():
            if _is_sensitive(field, words):
                found[field["name"]] = None
    return tuple(found)


def data(found: JsonObject, keys: Collection[str]) -> JsonObject:
    """Return an object of values by key, such as ``workflow_data`` or an input, redacted."""
    if not any(key in found for key in keys):
        return found
    return {key: _hidden(value) if key in keys else value for key, value in found.items()}


def changes(found: JsonObject, keys: Collection[str]) -> JsonObject:
    """Return what ``events.changes`` found, redacted."""
    shown: JsonObject = {}
    for kind, values in found.items():
        if kind == "updated":
            pairs = {key: {end: _hidden(each) for end, each in values[key].items()} for key in values if key in keys}
            shown[kind] = {**values, **pairs}
        else:
            shown[kind] = data(values, keys)
    return shown


def event(found: JsonObject, keys: Collection[str]) -> JsonObject:
    """Return a history event, redacted as it is stored."""
    if not keys:
        return found
    shown = dict(found)
    if isinstance(found.get("input"), dict):
        shown["input"] = data(found["input"], keys)
    if "changes" in found:
        shown["changes"] = changes(found["changes"], keys)
    return shown


def scope(found: Scope, keys: Collection[str]) -> Scope:
    """Return the values for texts that a reader or a model gets, redacted."""
    if not keys:
        return found
    given = data(found.input, keys) if isinstance(found.input, dict) else found.input
    return replace(found, workflow_data=data(found.workflow_data, keys), input=given)


def presentation(written: JsonObject | None, keys: Collection[str], found: Scope) -> JsonObject | None:
    """Return a presentation before it is filled from ``found``, without defaults that cannot be shown.

    These are defaults of redacted fields that contain values, which would show what is hidden; and defaults that are
    filled from hidden values: a form that is sent back untouched would put ``[redacted]`` into the data.
    """
    if written is None or not keys or not isinstance(written.get("fields"), list):
        return written
    shown = scope(found, keys)

    def showable(field: JsonObject) -> JsonObject:
        default = field.get("default")
        if not isinstance(default, str) or "${" not in default:
            return field
        if field.get("name") not in keys and _same(default, found, shown):
            return field
        return {name: value for name, value in field.items() if name != "default"}

    return {**written, "fields": [showable(field) for field in written["fields"]]}


def _same(template: str, found: Scope, shown: Scope) -> bool:
    try:
        return jsons.equal(render(template, found), render(template, shown))
    except TemplateError:
        # The function that fills the presentation reports what is wrong with it.
        return True


def _is_sensitive(field: JsonObject, words: Sequence[str]) -> bool:
    if isinstance(field.get("sensitive"), bool):
        return bool(field["sensitive"])
    name = f"_{field['name']}_"
    return any(field["type"] == word or f"_{word}_" in name for word in words)


def _hidden(value: Json) -> Json:
    # The absence of a value is no secret, and shows in an audit whether something was given.
    return value if value is None else REDACTED


def _texts(found: Json) -> Iterator[str]:
    """Yield the texts in a value, and its numbers as they are written."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, (int, float)) and not isinstance(found, bool):
        yield jsons.text(found)
    elif isinstance(found, (list, dict)):
        for each in found.values() if isinstance(found, dict) else found:
            yield from _texts(each)
