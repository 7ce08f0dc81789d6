"""PUT and DELETE /people/{person_id}/away: set an absence, or end it."""

from interactor.api import bodies, people
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, no_content, ok
from interactor.people import persons


@endpoint("tasks:respond")
def handler(call: Call) -> Response:
    """Answer the absence; nothing where it was ended."""
    people.require_concerned(call)
    parts, person = call.services.people.persons, call.parameter("person_id")
    if call.request.method == "DELETE":
        call.request.nothing()
        persons.end_away(parts, call.account, person)
        return no_content()
    away = people.away(bodies.read(bodies.PutAway, call.request))
    persons.set_away(parts, call.account, person, away)
    return ok(people.absence_of(away))
