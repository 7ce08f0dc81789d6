"""PUT /people/{person_id}: store a person's name, address and locale."""

from interactor.api import bodies, people
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok
from interactor.people import persons


@endpoint("tasks:manage")
def handler(call: Call) -> Response:
    """Answer what the directory then says of the person."""
    parts = call.services.people
    body = bodies.read(bodies.PutPerson, call.request)
    stored = persons.put(parts.persons, call.account, call.parameter("person_id"), body.name, body.email, body.locale)
    return ok(people.person(parts.person_store.standing(call.account, stored.id), call.services.world.now()))
