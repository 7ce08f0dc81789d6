"""Checks what a person sends to a halted thread (ruling 16).

The presentation is the filled one (``presentation`` makes it). Which transition then matches is not decided here.
"""

import dataclasses
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from interactor.core import jsons
from interactor.core.errors import InvalidRequestError
from interactor.core.jsons import Json, JsonObject
from interactor.core.near import nearest
from interactor.core.paths import MISSING
from interactor.forms import field_types, file_fields

CHOICE = "choice"
SELECTED_OPTION = "selected_option"

_UNKNOWN_KEYS = 20
"""One refusal names so many keys that are no fields of the form."""
_QUOTED_CHARACTERS = 80


@dataclass(frozen=True)
class Checked:
    """A resume that matches its presentation.

    ``merged`` goes into the data: every key that was sent, with the form's keys as the form reads them. ``own_form`` is
    what the conditions of this state see of its own form (ruling 8): each field with its value (null if there is none),
    and the choice if there was one. ``choice`` is the chosen option.
    """

    merged: JsonObject
    own_form: JsonObject
    choice: str | None
    answered: frozenset[str] = dataclasses.field(default=frozenset(), compare=False)
    """The keys that the person answered: what was sent, the choice, and the boxes (a box that is not sent is "no"). The
    other keys are defaults that nobody touched (ruling 19).
    """


def check_input(
    presentation: JsonObject,
    options: JsonObject,
    transition_mode: str,
    submitted: JsonObject | None,
    selected_option: str | None,
    uploads: file_fields.Uploads | None = None,
    *,
    additional_input: bool = False,
    sensitive: Collection[str] = (),
    closed: bool = False,
) -> Checked:
    """Check a resume's input against what the state asks for.

    ``options`` are the filled ``halted_options``. ``submitted`` is the input; None if the body has none, which is no
    answer to a form. ``selected_option`` is the choice beside the input, if there is one. ``uploads`` are the files
    that file fields may refer to. ``additional_input`` says whether keys that are no fields of the form are kept;
    ``closed`` refuses them also where there is no form, as tasks do.
    Errors do not repeat the values of ``sensitive`` fields.

    Raises:
        InvalidRequestError: ``details`` name every field that is wrong, as ``{field, message}``.
    """
    fields = _fields(presentation)
    offered = _offered(presentation, options, transition_mode)
    if submitted is None and presentation.get("type") == "form" and (offered is None or selected_option is None):
        raise _invalid([{"field": "input", "message": _no_input(fields, offered)}])
    errors: list[JsonObject] = []
    if (fields or closed) and not additional_input:
        errors += _unknown(submitted or {}, selected_option, fields, offered)
    if offered is not None:
        # This name is taken: what is sent under it is the choice.
        fields.pop(CHOICE, None)
    also_inside = offered is not None and SELECTED_OPTION not in fields
    merged = _with_one_choice(submitted or {}, selected_option, offered, also_inside, errors)
    for name, field in fields.items():
        result = field_types.read(field, merged.get(name, MISSING))
        if field.get("type") == "file" and file_fields.names_uploads(result):
            result = file_fields.taken(field, result, uploads or {})
        if isinstance(result, field_types.Wrong):
            errors.append({"field": name, "message": f"'{name}' {result.told(name in sensitive)}"})
        elif result is not MISSING:
            merged[name] = result
    own_form = {name: merged.get(name) for name in fields}
    choice = None
    if offered is not None:
        choice = own_form[CHOICE] = merged.get(CHOICE)
        if not any(jsons.equal(choice, value) for value in offered):
            errors.append({"field": CHOICE, "message": _no_choice(choice, offered)})
    if errors:
        raise _invalid(errors)
    boxes = {name for name, field in fields.items() if field.get("type") == "boolean"}
    answered = {*(submitted or {}), *boxes, *((CHOICE,) if choice is not None else ())}
    return Checked(merged, own_form, choice, frozenset(answered & merged.keys()))


def _fields(presentation: JsonObject) -> dict[str, JsonObject]:
    fields = presentation.get("fields") if presentation.get("type") == "form" else None
    return {
        field["name"]: field
        for field in (fields if isinstance(fields, list) else [])
        if isinstance(field, dict) and isinstance(field.get("name"), str)
    }


def _offered(presentation: JsonObject, options: JsonObject, transition_mode: str) -> list[Json] | None:
    """Return what can be chosen, or None if there is no choice."""
    if transition_mode == "selection":
        return _each(options.get("choices"), "key")
    if presentation.get("type") == "choice":
        return _each(presentation.get("options"), "value")
    return None


def _each(items: Json, key: str) -> list[Json]:
    listed = items if isinstance(items, list) else []
    return [item[key] for item in listed if isinstance(item, dict) and item.get(key) is not None]


def _unknown(
    submitted: JsonObject, beside: str | None, fields: Collection[str], offered: list[Json] | None
) -> Iterator[JsonObject]:
    """Yield an error for each key that is no field of a form: a misspelt answer must not count as no answer."""
    known = [*fields, *(() if offered is None else (CHOICE, SELECTED_OPTION))]
    unknown = [key for key in submitted if key not in known]
    for key in unknown[:_UNKNOWN_KEYS]:
        near = nearest(key, known)
        listed = ", ".join(known) or "none"
        hint = f"its fields are {', '.join(fields) or listed}" if near is None else f"did you mean '{near}'?"
        yield {
            "field": key[:_QUOTED_CHARACTERS],
            "message": f"'{key[:_QUOTED_CHARACTERS]}' is no field of this form: {hint}",
        }
    if len(unknown) > _UNKNOWN_KEYS:
        more = len(unknown) - _UNKNOWN_KEYS
        yield {"field": "input", "message": f"'input' has {more} more keys that are no fields of this form"}
    if offered is None and beside is not None and CHOICE not in fields:
        message = f"'{SELECTED_OPTION}' answers nothing here: this form offers no options, only its fields"
        yield {"field": SELECTED_OPTION, "message": message}


def _with_one_choice(
    submitted: JsonObject,
    beside: str | None,
    offered: list[Json] | None,
    also_inside: bool,
    errors: list[JsonObject],
) -> JsonObject:
    """Return the input with the choice under ``choice``, however it was sent. Two different choices are an error.

    With ``also_inside``, a ``selected_option`` in the input is a choice too. It is moved, because nothing would check
    it under its own name. An empty text is a choice only if it is offered.
    """
    merged = dict(submitted)
    sent = [beside, merged.get(CHOICE)]
    if also_inside:
        sent.append(merged.pop(SELECTED_OPTION, None))
    nothing = (None,) if "" in (offered or ()) else (None, "")
    chosen = [value for value in sent if value not in nothing]
    if any(not jsons.equal(value, chosen[0]) for value in chosen[1:]):
        message = f"'{CHOICE}' is sent more than once, and differently: send it once, in the input or beside it"
        errors.append({"field": CHOICE, "message": message})
    if chosen:
        merged[CHOICE] = chosen[0]
    return merged


def _no_input(fields: Collection[str], offered: list[Json] | None) -> str:
    example = f'{{"input": {{{", ".join(f"{jsons.dumps(name)}: ..." for name in list(fields)[:3])}}}}}'
    option = "" if offered is None else f", or the option alone in '{SELECTED_OPTION}'"
    return f"'input' is required: this form is answered with {example}{option}"


def _no_choice(choice: Json, offered: list[Json]) -> str:
    message = f"'{CHOICE}' must be one of {field_types.listed(offered)}"
    return message if choice not in (None, "") else f'{message}: send it as {{"input": {{"{CHOICE}": ...}}}}'


def _invalid(errors: list[JsonObject]) -> InvalidRequestError:
    more = "" if len(errors) == 1 else f" (and {len(errors) - 1} more, see details)"
    return InvalidRequestError(
        f"The input does not fit what this state asks for: {errors[0]['message']}{more}", list(errors)
    )
