"""POST /workflows/validate: all errors and warnings of a definition; nothing is stored."""

from interactor.access.rules.principal import Principal
from interactor.api import definitions
from interactor.api.endpoint import endpoint
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.definitions.rules.check import check
from interactor.runtime import runtime


@endpoint("workflows:read", "read", query=("strict",))
def handler(request: Request, _: Principal) -> Response:
    """Answer whether the definition is valid."""
    strict = definitions.is_strict(request)
    verdict = check(definitions.any_json(request), runtime().check_script)
    return ok(definitions.verdict(verdict.strictly() if strict else verdict))
