"""What an endpoint gets: one request, who sends it, and the services that answer it."""

from typing import NamedTuple

from interactor.access.rules.principal import Principal
from interactor.api.request import Request
from interactor.instances.lookup import find_instance
from interactor.instances.rules.stored import Head
from interactor.services import Services


class Call(NamedTuple):
    """A request of a caller who may send it."""

    request: Request
    principal: Principal
    services: Services

    @property
    def account(self) -> str:
        """The caller's account, from the token."""
        return self.principal.account

    def parameter(self, name: str) -> str:
        """Return a path parameter, as API Gateway decoded it."""
        return self.request.parameter(name)

    def instance(self, with_history: bool = True) -> Head:
        """Return the instance that the path names, with its latest history unless ``with_history`` is False.

        Raises:
            InstanceNotFoundError: the caller may know of none (ruling 18).
        """
        parts = self.services.instances
        return find_instance(
            parts.store, self.principal, self.parameter("instance_id"), parts.ended_since(), with_history
        )
