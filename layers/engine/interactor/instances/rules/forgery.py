"""Keeps ``decisions``, the key of what tasks decided, from all who could pass a decision off as one (ruling 37)."""

from typing import Final

from interactor.core.errors import InvalidRequestError
from interactor.core.jsons import Json, JsonObject, equal
from interactor.definitions.rules.model import DECISIONS, Definition

MESSAGE: Final = f"The script changes '{DECISIONS}', which only tasks write"


def changes(definition: Definition, returned: Json, data: JsonObject) -> bool:
    """Return whether what a script returned would change what tasks decided; handing it back changes nothing."""
    if not definition.asks_people or not isinstance(returned, dict) or DECISIONS not in returned:
        return False
    return not equal(returned[DECISIONS], data.get(DECISIONS))


def refuse(definition: Definition, given: JsonObject) -> None:
    """Refuse an input that would pass for what tasks decided.

    Raises:
        InvalidRequestError: naming the key.
    """
    if definition.asks_people and DECISIONS in given:
        message = f"'{DECISIONS}' is the key of what tasks decided in this workflow; give the value another name"
        raise InvalidRequestError(message, [{"field": DECISIONS, "message": message}])
