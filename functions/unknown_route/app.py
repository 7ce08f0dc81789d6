"""Every path and method that no endpoint has: 404, or 405 if the path has other methods."""

from interactor.api.frame import public
from interactor.api.request import Request
from interactor.api.response import Response
from interactor.api.routes import refuse
from interactor.services import Services


@public
def handler(request: Request, services: Services) -> Response:
    """Refuse the request, and name the methods of the path if it has any."""
    return refuse(request)
