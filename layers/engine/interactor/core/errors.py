"""Every error that an answer can carry: one class a code, in one tree.

    InteractorError                  code, HTTP status, sentence, details
    ├── UnauthorizedError            401  who is asking is not known
    ├── ForbiddenError               403  it is known, and may not
    ├── NotFoundError                404  what does not exist, or is not the caller's to know of
    ├── MethodNotAllowedError        405  the path exists, the method does not
    ├── NamespaceQuotaExceededError  429  too much; for workflows and versions likewise
    ├── RateLimitedError             429  too often
    ├── InvalidRequestError          400  the request itself is wrong
    ├── PayloadTooLargeError         413  the same, by its size
    ├── RefusedError            400, 409  the request is right, the state of things says no
    ├── ServiceUnavailableError      503  not now; nothing was done
    └── InternalError                500  our fault; the sentence tells nothing

The table of codes is the API's (error codes by endpoint) with ruling 32. An error of this tree is the caller's
to see; anything else that is raised is logged and answered as ``internal_error``.
"""

from typing import ClassVar

from interactor.core.jsons import Json


class InteractorError(Exception):
    """Base: ``message`` is the sentence shown, ``details`` whatever helps a program, or None."""

    code: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, message: str, details: Json = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class UnauthorizedError(InteractorError):
    """No token, or one that does not hold. ``challenge`` says how the caller may prove who it is (RFC 9110, 11.6.1)."""

    code, status = "unauthorized", 401

    def __init__(self, message: str, challenge: str = "Bearer") -> None:
        super().__init__(message)
        self.challenge = challenge


class ForbiddenError(InteractorError):
    """The token lacks the scope, or the namespace of a create."""

    code, status = "forbidden", 403


class ActorNotAllowedError(ForbiddenError):
    """The token may not name the person it acts for (ruling 27)."""

    code = "actor_not_allowed"

    def __init__(self) -> None:
        super().__init__(
            "This client may not name a person in X-Interactor-Actor; leave the header out, or use a client that acts "
            "for people"
        )


class NotFoundError(InteractorError):
    """A route that does not exist."""

    code, status = "not_found", 404


class MethodNotAllowedError(InteractorError):
    """The path exists, the method does not."""

    code, status = "method_not_allowed", 405


class WorkflowNotFoundError(NotFoundError):
    """No workflow of that name in the account."""

    code = "workflow_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"Workflow '{name}' not found")


class VersionNotFoundError(NotFoundError):
    """The workflow has no such version."""

    code = "version_not_found"

    def __init__(self, name: str, version_id: str) -> None:
        super().__init__(f"Workflow '{name}' has no version '{version_id}'")


class InstanceNotFoundError(NotFoundError):
    """No instance of that id that the caller may see (ruling 18)."""

    code = "instance_not_found"

    def __init__(self, instance_id: str) -> None:
        super().__init__(f"Instance '{instance_id}' not found")


class ThreadNotFoundError(NotFoundError):
    """The instance has no such thread."""

    code = "thread_not_found"

    def __init__(self, thread_id: str) -> None:
        super().__init__(f"The instance has no thread '{thread_id}'")


class SubscriptionNotFoundError(NotFoundError):
    """No webhook subscription of that id that the caller may see."""

    code = "subscription_not_found"

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"Subscription '{subscription_id}' not found")


class DeliveryNotFoundError(NotFoundError):
    """The subscription's log has no delivery of that id, or no longer."""

    code = "delivery_not_found"

    def __init__(self, delivery_id: str) -> None:
        super().__init__(f"Delivery '{delivery_id}' not found; the log keeps 30 days")


class NamespaceQuotaExceededError(InteractorError):
    """The namespace has as many active instances as it may."""

    code, status = "namespace_quota_exceeded", 429


class WorkflowQuotaExceededError(InteractorError):
    """The account has as many workflows as it may."""

    code, status = "workflow_quota_exceeded", 429


class VersionQuotaExceededError(InteractorError):
    """The workflow has as many versions as it may."""

    code, status = "version_quota_exceeded", 429


class RateLimitedError(InteractorError):
    """Too many requests this minute; ``retry_after`` says for how many seconds (ruling 33)."""

    code, status = "rate_limited", 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, {"retry_after": retry_after})
        self.retry_after = retry_after


class InvalidRequestError(InteractorError):
    """The request itself is wrong, whatever the state of things."""

    code, status = "validation_error", 400


class InvalidWorkflowError(InvalidRequestError):
    """A definition with errors; ``details`` lists them as ``{path, message}``."""

    code = "invalid_workflow"


class InvalidCursorError(InvalidRequestError):
    """A cursor that this API did not give for this query."""

    code = "invalid_cursor"


class NamespaceMismatchError(InvalidRequestError):
    """Body and ``X-Namespace`` name different namespaces."""

    code = "namespace_mismatch"


class ThreadRequiredError(InvalidRequestError):
    """Several threads are halted and the request names none; ``details.threads`` names them."""

    code = "thread_required"


class WorkflowDataTooLargeError(InvalidRequestError):
    """The data would pass 256 KB with this input (ruling 14)."""

    code = "workflow_data_too_large"


class InstanceTooLargeError(InvalidRequestError):
    """The instance would pass what is stored of one at the most (invariant 9)."""

    code = "instance_too_large"


class PayloadTooLargeError(InteractorError):
    """A body over its limit."""

    code, status = "payload_too_large", 413


class RefusedError(InteractorError):
    """The request is right; the state of things says no."""


class WorkflowExistsError(RefusedError):
    """The name is taken."""

    code, status = "workflow_exists", 409


class AlreadyPublishedError(RefusedError):
    """The version is the published one already."""

    code, status = "already_published", 400


class WorkflowNotPublishedError(RefusedError):
    """No version of the workflow is published."""

    code, status = "workflow_not_published", 400


class InstanceNotHaltedError(RefusedError):
    """A resume of what does not wait for one."""

    code, status = "instance_not_halted", 400


class InvalidTransitionError(RefusedError):
    """The input matches no transition of the state (ruling 16)."""

    code, status = "invalid_transition", 400


class InstanceNotActiveError(RefusedError):
    """The instance has ended."""

    code, status = "instance_not_active", 400


class InstanceNotFailedError(RefusedError):
    """Only a failed instance can be retried (ruling 29)."""

    code, status = "instance_not_failed", 400


class HistoryLimitExceededError(RefusedError):
    """The instance's history is full: it can be cancelled, and nothing else (invariant 9)."""

    code, status = "history_limit_exceeded", 409

    def __init__(self, instance_id: str) -> None:
        super().__init__(f"Instance '{instance_id}' has as many events as its history holds; it can only be cancelled")


class InstancePausedError(RefusedError):
    """The instance is paused (ruling 29)."""

    code, status = "instance_paused", 409


class EventNotFoundError(NotFoundError):
    """The instance has no such event."""

    code = "event_not_found"

    def __init__(self, event_id: str) -> None:
        super().__init__(f"The instance has no event '{event_id}'")


class StoredFileNotFoundError(NotFoundError):
    """The instance has no such file, nothing was uploaded for it, or it is past its date."""

    code = "file_not_found"

    def __init__(self, file_id: str) -> None:
        super().__init__(f"The instance has no file '{file_id}'")


class ConcurrentModificationError(RefusedError):
    """Another request came first (rulings 16 and 17)."""

    code, status = "concurrent_modification", 409


class IdempotencyConflictError(RefusedError):
    """The key was used for another request (ruling 23)."""

    code, status = "idempotency_conflict", 409


class SubscriptionQuotaExceededError(RefusedError):
    """The account has as many subscriptions as it may."""

    code, status = "subscription_quota_exceeded", 400


class SubscriptionDisabledError(RefusedError):
    """A disabled subscription gets no events, replayed ones neither."""

    code, status = "subscription_disabled", 400


class ServiceUnavailableError(InteractorError):
    """What the engine is built on would not do it now, and nothing was done; ``retry_after`` is in seconds."""

    code, status = "service_unavailable", 503
    retry_after: ClassVar[int] = 2

    def __init__(self) -> None:
        message = "The service is too busy at this moment, and nothing was done; send the request again in 2 seconds"
        super().__init__(message, {"retry_after": self.retry_after})


class InternalError(InteractorError):
    """Our fault."""

    code, status = "internal_error", 500

    def __init__(self) -> None:
        super().__init__("Something went wrong on our side; the request id finds it in the logs")
