"""One operation of the API for its description, and what follows from its form alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from interactor.access.rules.principal import Scope
from interactor.api.operations import ANY_SCOPE, Entry
from interactor.core import errors
from interactor.core.errors import InteractorError
from interactor.core.jsons import Json

Errors = tuple[type[InteractorError], ...]

_MISSING: Final[Mapping[str, type[InteractorError]]] = {
    "name": errors.WorkflowNotFoundError,
    "version_id": errors.VersionNotFoundError,
    "instance_id": errors.InstanceNotFoundError,
    "thread_id": errors.ThreadNotFoundError,
    "event_id": errors.EventNotFoundError,
    "file_id": errors.StoredFileNotFoundError,
    "subscription_id": errors.SubscriptionNotFoundError,
    "delivery_id": errors.DeliveryNotFoundError,
    "task_id": errors.TaskNotFoundError,
    "group_id": errors.GroupNotFoundError,
    "person_id": errors.PersonNotFoundError,
}


@dataclass(frozen=True)
class Operation:
    """An entry of the table with its description.

    ``answers`` maps a status to the name of its schema; None: no body, or one without a schema. ``data``: whether
    answers are under ``data``. ``media`` replaces JSON as the answer's type. ``form``: whether the body may also be a
    form. ``refusals`` are the errors beyond those that follow from scope, path and body. Each of the ``aliases``, other
    paths of the same operation, has its own ``operationId``. ``in_client``: whether the Python client has a method for
    it.
    """

    entry: Entry
    tag: str
    summary: str
    answers: Mapping[int, str | None]
    body: str | None = None
    body_required: bool = False
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    refusals: Errors = ()
    description: str = ""
    data: bool = True
    media: tuple[str, ...] = ("application/json",)
    form: bool = False
    example: Json = None
    answer_example: Json = None
    in_client: bool = True
    makes: bool = False

    @property
    def id(self) -> str:
        """The ``operationId``."""
        return self.entry.id

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.entry.method

    @property
    def path(self) -> str:
        """The first of its paths."""
        return self.entry.path

    @property
    def aliases(self) -> tuple[str, ...]:
        """Its other paths."""
        return self.entry.aliases

    @property
    def name(self) -> str:
        """The folder of its function."""
        return self.entry.folder

    @property
    def scope(self) -> Scope | Literal["any"] | None:
        """What a token must have. `ANY_SCOPE`: nothing. None: no token is needed."""
        return self.entry.scope

    @property
    def parameters(self) -> list[str]:
        """The names in the path."""
        return re.findall(r"\{(\w+)\}", self.path)

    @property
    def keyed(self) -> bool:
        """Whether it accepts idempotency keys.

        Ruling 23: every POST of a known caller does, and the PUT that does the same as a POST.
        """
        return (
            (self.method == "POST" or self.id == "put_workflow")
            and self.scope is not None
            and self.name != "validate_workflow"
        )

    def errors(self) -> list[type[InteractorError]]:
        """Return every error that this operation can answer, by status and code."""
        found: set[type[InteractorError]] = {
            errors.InternalError,
            errors.ServiceUnavailableError,
            errors.PayloadTooLargeError,
            errors.InvalidRequestError,
            *self.refusals,
        }
        if not self.makes:
            found |= {_MISSING[name] for name in self.parameters}
        if "name" in self.parameters:
            # With a reserved word in the place of the name, it is another path, or none (``routes.is_reserved``).
            found |= {errors.NotFoundError, errors.MethodNotAllowedError}
        if self.scope is not None:
            found |= {errors.UnauthorizedError, errors.RateLimitedError}
            found |= {errors.ForbiddenError} if self.scope != ANY_SCOPE else set()
            # X-Interactor-Actor is checked everywhere, so that it is ignored nowhere (ruling 27).
            found |= {errors.ActorNotAllowedError, errors.InvalidRequestError}
        if self.keyed:
            found |= {errors.IdempotencyConflictError, errors.ConcurrentModificationError}
        if "cursor" in self.query:
            found.add(errors.InvalidCursorError)
        return sorted(found, key=lambda kind: (kind.status, kind.code))
