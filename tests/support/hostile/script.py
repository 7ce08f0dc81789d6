"""A script that means harm, or looks like it."""

from typing import Literal, NamedTuple


class Hostile(NamedTuple):
    """``end`` says how it must end: ``value`` (it ends well and has reached nothing) or the code of its error."""

    name: str
    end: Literal["value", "script_error", "script_timeout", "value or script_timeout"]
    code: str
