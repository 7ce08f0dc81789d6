"""DELETE /people/{person_id}: erase a person's name, address, locale and absence."""

from interactor.api import people
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, no_content
from interactor.people import persons


@endpoint("tasks:manage", query=("memberships",))
def handler(call: Call) -> Response:
    """Answer nothing."""
    parts, person, also = call.services.people, call.parameter("person_id"), people.asks_for_memberships(call.request)
    persons.find(parts.person_store, call.account, person)
    call.request.nothing()
    persons.erase(parts.persons, call.account, person, also, call.principal.by)
    return no_content()
