"""How a thread halts: what is shown, until when, and which parts of an answer come from the person."""

from collections.abc import Sequence
from dataclasses import replace

from interactor.core.jsons import equal
from interactor.core.paths import Scope
from interactor.core.templates import TemplateError, render_text
from interactor.core.times import Millis, parse_duration
from interactor.definitions.rules.model import (
    State,
)
from interactor.forms import check, redaction
from interactor.forms.presentation import render_halt
from interactor.instances.rules.instance import (
    Halt,
)


def begun(state: State, redacted: Sequence[str], scope: Scope, shown: Scope, written: str | None, now: Millis) -> Halt:
    """Return the halt of a state that begins now. ``shown`` is the scope as a reader may see it; ``written`` is a
    model's text.

    Raises:
        PresentationTooLargeError: what is shown is over its bound.
        TemplateError: a template cannot be filled, or the filled timeout is no duration.
    """
    hidden = redaction.presentation(state.presentation, redacted, scope)
    presented = render_halt(replace(state, presentation=hidden), shown, written)
    return Halt("input", now, presented.presentation, presented.options, _timeout_at(state, shown, now))


def _timeout_at(state: State, shown: Scope, now: Millis) -> Millis | None:
    """Return when the halt's time is over (ruling 4).

    Raises:
        TemplateError: the filled ``after`` is no duration.
    """
    timeout = state.timeout
    if timeout is None or timeout.after is None:
        return None if timeout is None else now + timeout.after_ms
    after = render_text(timeout.after, shown)
    try:
        return now + parse_duration(after)
    except ValueError as error:
        raise TemplateError(f"The timeout of state '{state.name}' has no value: {error}") from None


def answered(state: State, halt: Halt, checked: check.Checked) -> frozenset[str]:
    """Return which keys of an input come from the person (ruling 19).

    A browser sends prefilled fields back whether somebody touched them or not. A field that was filled from the data
    and comes back as it was shown is nobody's answer. A box is always an answer.
    """
    shown = {field["name"]: field for field in halt.presentation.get("fields") or () if isinstance(field, dict)}
    untouched = {
        field["name"]
        for field in (state.presentation or {}).get("fields") or ()
        if isinstance(field.get("default"), str)
        and "${" in field["default"]
        and field["type"] != "boolean"
        and equal(shown.get(field["name"], {}).get("default"), checked.merged.get(field["name"]))
    }
    return checked.answered - untouched
