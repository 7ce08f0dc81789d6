"""What a halted thread shows: its presentation and its options, filled from the data (rulings 9, 14, 15).

A presentation says what to ask and how (``form``, ``choice``, ``message``). The options are the instruction and the
choices (spec section Halted Response). ``check`` checks what comes back.
"""

from dataclasses import dataclass
from typing import Final

from interactor.core import jsons, limits
from interactor.core.jsons import Json, JsonObject
from interactor.core.paths import MISSING, Scope, split
from interactor.core.templates import RenderedTooLargeError, TemplateError, render, render_text
from interactor.definitions.rules.model import Instructions, State, Transition
from interactor.forms.defaults import with_own_defaults

MAX_BYTES: Final = limits.PRESENTATION_BYTES

_TEXTS = frozenset({"title", "description", "message", "label", "placeholder", "value"})
_INCLUDED_CHARACTERS = 500


class PresentationTooLargeError(ValueError):
    """A filled presentation with its instruction is over 64 KB (ruling 14). ``code`` names the failure."""

    code: Final = "presentation_too_large"

    def __init__(self) -> None:
        super().__init__(
            f"What the halting state shows is larger than {MAX_BYTES} bytes once its placeholders are filled"
        )


@dataclass(frozen=True)
class Presented:
    """``halting_presentation`` and ``halted_options`` as answers have them."""

    presentation: JsonObject
    options: JsonObject


@dataclass(frozen=True)
class _Instruction:
    """Filled ``halting_instructions``."""

    title: str | None
    text: str | None


def render_halt(state: State, scope: Scope, written: str | None = None) -> Presented:
    """Fill what a halting state shows with the values of ``scope``. ``written`` is what a model wrote for it.

    What a presentation's schema calls a string (titles, messages, labels, values of options) stays a text, whatever a
    placeholder in it contains. A default gets the type of its field. Everything else keeps the type of its value.

    Raises:
        PresentationTooLargeError: the result is over 64 KB; it is not built first.
        TemplateError: a template does not parse or names secrets. That cannot happen in a checked definition.
    """
    try:
        instruction = _instruction(state.instructions, scope) if written is None else _Instruction(None, written)
        presentation = _presentation(state, instruction, scope)
        choices = _choices(state, presentation, scope)
    except RenderedTooLargeError:
        raise PresentationTooLargeError from None
    shown = _shown_text(presentation) if instruction is None else instruction.text
    title = presentation.get("title") if instruction is None or instruction.title is None else instruction.title
    options: JsonObject = {
        "instruction": shown,
        **({} if title is None else {"title": title}),
        "include_data": list(state.instructions.include_data) if state.instructions else [],
        "transition_mode": state.transition_mode,
        "choices": choices,
        "generated": written is not None,
    }
    own_instruction = 0 if instruction is None else jsons.size(instruction.text)
    if jsons.size(presentation) + own_instruction > MAX_BYTES or jsons.size(options) > MAX_BYTES:
        raise PresentationTooLargeError
    return Presented(presentation, options)


def _presentation(state: State, instruction: _Instruction | None, scope: Scope) -> JsonObject:
    if state.presentation is not None:
        return with_own_defaults(render(state.presentation, scope, MAX_BYTES, _TEXTS))
    return _derived(state, instruction, scope)


def _derived(state: State, instruction: _Instruction | None, scope: Scope) -> JsonObject:
    title = {} if instruction is None or instruction.title is None else {"title": instruction.title}
    text = None if instruction is None else instruction.text
    keyed = _keyed(state)
    if len(keyed) >= 2:
        message = {} if text is None else {"message": text}
        options = [{"value": key, "label": _label(key), **_description(transition, scope)} for key, transition in keyed]
        return {"type": "choice", **title, **message, "options": options}
    # A message presentation must have a message.
    return {"type": "message", **title, "message": f"Waiting for input at '{state.name}'" if text is None else text}


def _choices(state: State, presentation: JsonObject, scope: Scope) -> list[JsonObject]:
    if state.transition_mode == "selection" or (state.presentation is None and presentation["type"] == "choice"):
        return [
            {"key": key, **_description(transition, scope), "to": transition.target}
            for key, transition in _keyed(state)
        ]
    options = presentation.get("options") if presentation.get("type") == "choice" else None
    return [
        {"key": option["value"], "description": option.get("description", option.get("label"))}
        for option in options or []
        if isinstance(option, dict) and "value" in option
    ]


def _keyed(state: State) -> list[tuple[str, Transition]]:
    return [(transition.key, transition) for transition in state.transitions if transition.key is not None]


def _label(key: str) -> str:
    words = key.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:] or key


def _description(transition: Transition, scope: Scope) -> JsonObject:
    if transition.description is None:
        return {}
    try:
        return {"description": render_text(transition.description, scope, MAX_BYTES)}
    except RenderedTooLargeError:
        raise
    except TemplateError:
        # A description is a note and need not be a template; then it is shown as it is written.
        return {"description": transition.description}


def _shown_text(presentation: JsonObject) -> Json:
    texts = (presentation.get(key) for key in ("message", "description", "title"))
    return next((text for text in texts if text is not None), None)


def _instruction(instructions: Instructions | None, scope: Scope) -> _Instruction | None:
    if instructions is None:
        return None
    title = None if instructions.title is None else render_text(instructions.title, scope, MAX_BYTES)
    source = instructions.prompt if instructions.kind == "ai" else instructions.message
    text = None if source is None else render_text(source, scope, MAX_BYTES)
    if instructions.kind == "ai":
        text = "\n".join([*([] if text is None else [text]), *_included(instructions.include_data, scope)])
    return _Instruction(title, text)


def _included(paths: tuple[str, ...], scope: Scope) -> list[str]:
    """Return a line for each path that leads to a value: ``order: {"id":"o_1","total":150}``, cut if it is long."""
    lines = []
    for path in paths:
        value = scope.find(split(path))
        if value is not MISSING:
            text = value if isinstance(value, str) else jsons.text(value)
            cut = text if len(text) <= _INCLUDED_CHARACTERS else f"{text[:_INCLUDED_CHARACTERS]}..."
            lines.append(f"{path}: {cut}")
    return lines
