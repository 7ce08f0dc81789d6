"""GET /me: who the caller is and what the token allows."""

from interactor.access.rules.principal import namespaces_claim
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.operations import ANY_SCOPE
from interactor.api.response import Response, ok


@endpoint(ANY_SCOPE)
def handler(call: Call) -> Response:
    """Answer what the token and ``X-Interactor-Actor`` say; nothing is read for it."""
    caller = call.principal
    return ok(
        {
            "sub": caller.subject,
            "account_id": caller.account,
            "namespaces": namespaces_claim(caller.namespaces),
            "scopes": sorted(caller.scopes),
            "acts_for_people": caller.speaks_for_people,
            "actor": caller.person,
        }
    )
