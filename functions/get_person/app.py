"""GET /people/{person_id}: what the directory says of a person."""

from interactor.api import people
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok
from interactor.people import persons


@endpoint("tasks:read")
def handler(call: Call) -> Response:
    """Answer profile, absence, groups, and for whom the person stands in."""
    people.require_concerned(call)
    standing = persons.find(call.services.people.person_store, call.account, call.parameter("person_id"))
    return ok(people.person(standing, call.services.world.now()))
