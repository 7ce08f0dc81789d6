"""What the endpoints of the directory share: whom a request may concern, its conditions, and what is shown."""

import re
from typing import Final

from interactor.api import bodies
from interactor.api.call import Call
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.errors import ForbiddenError, InvalidRequestError
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis, iso, parse_iso
from interactor.people.rules import names
from interactor.people.rules.changes import Condition
from interactor.people.rules.directory import Away, Group, ListedGroup, Person, Standing

_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"|([^\s,"]+)')
"""One of a list of entity tags. A proxy that compresses makes them weak; a revision names one state all the same."""


def require_concerned(call: Call) -> None:
    """Refuse who asks for another person than themselves, without managing tasks.

    Raises:
        ForbiddenError: whether there is such a person or not.
    """
    oneself = call.principal.person is not None and names.normal(call.principal.person) == named_person(call)
    if not (oneself or call.principal.may("tasks:manage")):
        raise ForbiddenError("Only this person, and tokens with the scope 'tasks:manage', may do this")


def named_person(call: Call) -> str | None:
    """Return the person that the path names; None for what is no id."""
    return names.normal(call.parameter("person_id"))


def condition(request: Request) -> Condition:
    """Return the state of a group for which a request is made (RFC 9110, section 13.1).

    Raises:
        InvalidRequestError: ``If-None-Match`` is anything but ``*``.
    """
    given, absent = request.headers.get("if-match"), request.headers.get("if-none-match")
    if absent is not None and absent.strip() != "*":
        raise _wrong("If-None-Match", "must be *: only if there is no such group")
    tags = None if given is None else frozenset(quoted or bare for quoted, bare in _TAG.findall(given))
    return Condition(tags, absent is not None)


def away(body: bodies.PutAway) -> Away:
    """Return the absence of a body.

    Raises:
        InvalidRequestError: for what is no time, or no id.
    """
    substitute = names.read_id(body.substitute, "substitute")
    return Away(_moment("from", body.from_), _moment("until", body.until), substitute)


def asks_for_memberships(request: Request) -> bool:
    """Return whether the query asks that the person leaves all groups.

    Raises:
        InvalidRequestError: for another value than true or false.
    """
    given = request.query.get("memberships", "false").lower()
    if given not in ("true", "false"):
        raise _wrong("memberships", "must be true or false")
    return given == "true"


def group(status: int, found: Group) -> Response:
    """Return an answer that shows a group, with its revision as the entity tag."""
    view: JsonObject = {
        "id": found.id,
        "name": found.name,
        "email": found.email,
        "members": list(found.members),
        "created_at": iso(found.created_at),
        "updated_at": iso(found.updated_at),
        "updated_by": found.updated_by,
        "revision": found.revision,
        "changing": found.changing is not None,
    }
    return Response(status, {"data": view}, {"ETag": f'"{found.revision}"'})


def listed(found: ListedGroup) -> JsonObject:
    """Return a group as a list shows it."""
    return {
        "id": found.id,
        "name": found.name,
        "email": found.email,
        "members": found.members,
        "updated_at": iso(found.updated_at),
    }


def person(standing: Standing, now: Millis) -> JsonObject:
    """Return what is shown of a person; absences that are over are not."""
    profile = standing.profile or Person(standing.person)
    absence = profile.away if profile.away is not None and profile.away.until > now else None
    return {
        "id": standing.person,
        "name": profile.name,
        "email": profile.email,
        "locale": profile.locale,
        "away": None if absence is None else absence_of(absence),
        "groups": list(standing.groups),
        "groups_truncated": standing.groups_truncated,
        "stands_in_for": [
            {"person": each.person, "from": iso(each.since), "until": iso(each.until)}
            for each in standing.stands_in_for
            if each.until > now
        ],
    }


def absence_of(found: Away) -> JsonObject:
    """Return an absence as it is shown."""
    return {"from": iso(found.since), "until": iso(found.until), "substitute": found.substitute}


def _moment(field: str, text: str) -> Millis:
    try:
        moment = parse_iso(text)
    except (ValueError, OverflowError):
        moment = -1
    if moment < 0:
        raise _wrong(field, "must be an ISO 8601 time such as 2026-01-20T12:00:00Z")
    return moment


def _wrong(field: str, message: str) -> InvalidRequestError:
    return InvalidRequestError(f"'{field}' {message}", [{"field": field, "message": message}])
