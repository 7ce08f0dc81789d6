"""Events of the history in requests and answers (spec section History API)."""

from interactor.api.request import Request
from interactor.core.errors import InvalidRequestError
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis, iso, parse_iso
from interactor.instances.history import EventFilter, Shown

TYPES = ("transition", "step", "halt", "error", "lifecycle")
_PLACED = ("id", "number", "type", "subtype", "at", "thread", "changes")
_TIMES = ("retry_at",)


def wanted(request: Request) -> EventFilter:
    """Return the filters of a history request.

    Raises:
        InvalidRequestError: filters are wrong; the error names all of them.
    """
    wrong: list[JsonObject] = []
    types = request.query.get("types")
    names = frozenset(name.strip() for name in types.split(",")) if types is not None else None
    unknown = sorted((names or frozenset()) - set(TYPES))
    if unknown:
        wrong.append({"field": "types", "message": f"must be some of {', '.join(TYPES)}; unknown: {unknown[0][:40]}"})
    since, until = moment(request, "since", wrong), moment(request, "until", wrong)
    with_data = _flag(request, "include_data", wrong)
    refuse(wrong)
    return EventFilter(names, request.query.get("thread"), request.query.get("state"), since, until, with_data)


def moment(request: Request, name: str, wrong: list[JsonObject]) -> Millis | None:
    """Return a query parameter that is an ISO 8601 time. Anything else is added to ``wrong``."""
    given = request.query.get(name)
    if given is None:
        return None
    try:
        # Code that decodes forms reads a plus sign in a query as a space.
        return parse_iso(given.replace(" ", "+"))
    except (ValueError, OverflowError):
        wrong.append({"field": name, "message": "must be a time in ISO 8601, such as 2026-01-20T12:00:00Z"})
        return None


def refuse(wrong: list[JsonObject]) -> None:
    """Refuse wrong filters.

    Raises:
        InvalidRequestError: there are some.
    """
    if wrong:
        raise InvalidRequestError("The filters are wrong; details lists them", wrong)


def view(shown: Shown) -> JsonObject:
    """Return an event as answers show it."""
    event = shown.event
    found: JsonObject = {
        "id": event["id"],
        "number": event["number"],
        "type": event["type"],
        "subtype": event["subtype"],
        "timestamp": iso(event["at"]),
        "thread": event["thread"],
    }
    found |= {key: iso(value) if key in _TIMES else value for key, value in event.items() if key not in _PLACED}
    if shown.changes:
        found["changes"] = shown.changes
    if shown.data is not None:
        found["workflow_data"] = shown.data
    return found


def _flag(request: Request, name: str, wrong: list[JsonObject]) -> bool:
    given = request.query.get(name, "false").lower()
    if given not in ("true", "false", "1", "0"):
        wrong.append({"field": name, "message": "must be true or false"})
    return given in ("true", "1")
