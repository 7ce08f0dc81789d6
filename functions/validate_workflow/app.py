"""POST /workflows/validate: all errors and warnings of a definition; nothing is stored."""

from interactor.api import definitions
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.response import Response, ok
from interactor.definitions.rules.check import check


@endpoint("workflows:read", "read", query=("strict",))
def handler(call: Call) -> Response:
    """Return whether the definition is valid."""
    strict = definitions.is_strict(call.request)
    verdict = check(definitions.any_json(call.request), call.services.logic.sandbox.check)
    return ok(definitions.verdict(verdict.strictly() if strict else verdict))
