"""Every route of the API, and the refusal of all others. A test holds this table against ``template.yaml``."""

from urllib.parse import unquote

from interactor.api.request import Request
from interactor.api.response import Response
from interactor.core.errors import MethodNotAllowedError, NotFoundError
from interactor.core.names import RESERVED_NAMES

API = "/api/v1"

ROUTES: dict[str, tuple[str, ...]] = {
    "/oauth/token": ("POST",),
    "/oauth/revoke": ("POST",),
    "/oauth/jwks": ("GET",),
    f"{API}/oauth/token": ("POST",),
    f"{API}/oauth/revoke": ("POST",),
    f"{API}/oauth/jwks": ("GET",),
    f"{API}/schemas/workflow-definition.json": ("GET",),
    f"{API}/openapi.json": ("GET",),
    f"{API}/openapi.yaml": ("GET",),
    f"{API}/docs": ("GET",),
    f"{API}/workflows": ("GET", "POST"),
    f"{API}/workflows/validate": ("POST",),
    f"{API}/workflows/instances": ("GET",),
    f"{API}/workflows/instances/{{instance_id}}": ("GET",),
    f"{API}/workflows/instances/{{instance_id}}/resume": ("POST",),
    f"{API}/workflows/instances/{{instance_id}}/cancel": ("POST",),
    f"{API}/workflows/instances/{{instance_id}}/pause": ("POST",),
    f"{API}/workflows/instances/{{instance_id}}/unpause": ("POST",),
    f"{API}/workflows/instances/{{instance_id}}/retry": ("POST",),
    f"{API}/workflows/instances/{{instance_id}}/history": ("GET",),
    f"{API}/workflows/instances/{{instance_id}}/events/{{event_id}}": ("GET",),
    f"{API}/workflows/instances/{{instance_id}}/diagram": ("GET",),
    f"{API}/workflows/instances/{{instance_id}}/files": ("POST",),
    f"{API}/workflows/instances/{{instance_id}}/files/{{file_id}}": ("GET",),
    f"{API}/workflows/{{name}}/versions/{{version_id}}/diagram": ("GET",),
    f"{API}/workflows/errors": ("GET",),
    f"{API}/workflows/instances/{{instance_id}}/threads": ("GET",),
    f"{API}/workflows/instances/{{instance_id}}/threads/{{thread_id}}/resume": ("POST",),
    f"{API}/workflows/{{name}}": ("GET", "PUT"),
    f"{API}/workflows/{{name}}/versions": ("GET", "POST"),
    f"{API}/workflows/{{name}}/versions/{{version_id}}": ("GET",),
    f"{API}/workflows/{{name}}/versions/{{version_id}}/publish": ("POST",),
    f"{API}/workflows/{{name}}/instances": ("POST",),
    f"{API}/webhooks/subscriptions": ("GET", "POST"),
    f"{API}/webhooks/event-types": ("GET",),
    f"{API}/webhooks/subscriptions/{{subscription_id}}": ("DELETE", "GET", "PATCH"),
    f"{API}/webhooks/subscriptions/{{subscription_id}}/enable": ("POST",),
    f"{API}/webhooks/subscriptions/{{subscription_id}}/disable": ("POST",),
    f"{API}/webhooks/subscriptions/{{subscription_id}}/rotate-secret": ("POST",),
    f"{API}/webhooks/subscriptions/{{subscription_id}}/test": ("POST",),
    f"{API}/webhooks/subscriptions/{{subscription_id}}/replay": ("POST",),
    f"{API}/webhooks/subscriptions/{{subscription_id}}/deliveries": ("GET",),
    f"{API}/webhooks/subscriptions/{{subscription_id}}/deliveries/{{delivery_id}}": ("GET",),
    f"{API}/webhooks/subscriptions/{{subscription_id}}/deliveries/{{delivery_id}}/replay": ("POST",),
}


def is_reserved(parameter: str, value: str) -> bool:
    """Whether a path has a word of the API's own where a workflow's name would be: then it is no workflow's path."""
    return parameter == "name" and value in RESERVED_NAMES


def refuse(request: Request) -> Response:
    """Refuse a request that no route takes.

    Raises:
        MethodNotAllowedError: when the path has other methods.
        NotFoundError: when it has none.
    """
    path = unquote(request.path)
    methods = sorted({method for route, allowed in ROUTES.items() if _matches(route, path) for method in allowed})
    if methods:
        raise MethodNotAllowedError(f"{request.method} is not a method of this path; it has {', '.join(methods)}")
    raise NotFoundError("No such path; the API's paths begin with /api/v1")


def _matches(route: str, path: str) -> bool:
    if len(route.split("/")) != len(path.split("/")):
        return False
    return all(map(_stands_for, route.split("/"), path.split("/")))


def _stands_for(part: str, segment: str) -> bool:
    """Whether a segment of a path is one of a route: the word itself, or something that a parameter can be."""
    if not part.startswith("{"):
        return part == segment
    return segment != "" and not is_reserved(part[1:-1], segment)
