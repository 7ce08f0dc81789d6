"""Every error that an answer can carry: one class for each code, in one tree.

    InteractorError                  code, HTTP status, message, details
    ├── UnauthorizedError            401  it is not known who is asking
    ├── ForbiddenError               403  the caller is known, but may not do this
    ├── NotFoundError                404  it does not exist, or the caller may not know of it
    ├── MethodNotAllowedError        405  the path exists, the method does not
    ├── NamespaceQuotaExceededError  429  too many instances; similar for workflows and versions
    ├── RateLimitedError             429  too many requests
    ├── InvalidRequestError          400  the request itself is wrong
    ├── PayloadTooLargeError         413  the request is too large
    ├── RefusedError            400, 409  the request is right, but the present state does not allow it
    ├── ServiceUnavailableError      503  temporary; nothing was done
    └── InternalError                500  our fault; the message contains no detail

The codes are those of the API (error codes by endpoint) and of ruling 32. The caller sees an error of this tree. Any
other exception is logged and answered as ``internal_error``.
"""

from typing import ClassVar

from interactor.core.jsons import Json


class InteractorError(Exception):
    """Base class. ``message`` is the sentence that the caller sees; ``details`` are data for programs, or None."""

    code: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, message: str, details: Json = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class UnauthorizedError(InteractorError):
    """There is no token, or it is not valid. ``challenge`` says how the caller can authenticate (RFC 9110, 11.6.1)."""

    code, status = "unauthorized", 401

    def __init__(self, message: str, challenge: str = "Bearer") -> None:
        super().__init__(message)
        self.challenge = challenge


class ForbiddenError(InteractorError):
    """The token does not have the scope, or the namespace of a create."""

    code, status = "forbidden", 403


class ActorNotAllowedError(ForbiddenError):
    """The token may not name the person it acts for (ruling 27)."""

    code = "actor_not_allowed"

    def __init__(self) -> None:
        super().__init__(
            "This client may not name a person in X-Interactor-Actor; leave the header out, or use a client that acts "
            "for people"
        )


class NotAssigneeError(ForbiddenError):
    """The task is not the person's to decide."""

    code = "not_assignee"

    def __init__(self, message: str = "You are not one of those who are asked to do this") -> None:
        super().__init__(message)


class SeparationOfDutiesError(ForbiddenError):
    """The person is excluded from the task: whoever asks does not approve."""

    code = "separation_of_duties"

    def __init__(
        self, message: str = "You are excluded from this task: whoever asks for something does not decide it"
    ) -> None:
        super().__init__(message)


class DelegationRefusedError(ForbiddenError):
    """The assignment does not let the task be handed to that person."""

    code = "delegation_refused"


class NotFoundError(InteractorError):
    """A route that does not exist."""

    code, status = "not_found", 404


class MethodNotAllowedError(InteractorError):
    """The path exists, the method does not."""

    code, status = "method_not_allowed", 405


class WorkflowNotFoundError(NotFoundError):
    """The account has no workflow with this name."""

    code = "workflow_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"Workflow '{name}' not found")


class VersionNotFoundError(NotFoundError):
    """The workflow has no such version."""

    code = "version_not_found"

    def __init__(self, name: str, version_id: str) -> None:
        super().__init__(f"Workflow '{name}' has no version '{version_id}'")


class InstanceNotFoundError(NotFoundError):
    """There is no instance with this id that the caller may see (ruling 18)."""

    code = "instance_not_found"

    def __init__(self, instance_id: str) -> None:
        super().__init__(f"Instance '{instance_id}' not found")


class ThreadNotFoundError(NotFoundError):
    """The instance has no such thread."""

    code = "thread_not_found"

    def __init__(self, thread_id: str) -> None:
        super().__init__(f"The instance has no thread '{thread_id}'")


class SubscriptionNotFoundError(NotFoundError):
    """There is no webhook subscription with this id that the caller may see."""

    code = "subscription_not_found"

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"Subscription '{subscription_id}' not found")


class DeliveryNotFoundError(NotFoundError):
    """The subscription's delivery log has no delivery with this id, or no longer has it."""

    code = "delivery_not_found"

    def __init__(self, delivery_id: str) -> None:
        super().__init__(f"Delivery '{delivery_id}' not found; the log keeps 30 days")


class GroupNotFoundError(NotFoundError):
    """The directory of the account has no such group."""

    code = "group_not_found"

    def __init__(self, group: str) -> None:
        super().__init__(f"The directory has no group '{group[:200]}'")


class PersonNotFoundError(NotFoundError):
    """The directory of the account has nothing of such a person."""

    code = "person_not_found"

    def __init__(self, person: str) -> None:
        super().__init__(f"The directory has nothing of a person '{person[:200]}'")


class TaskNotFoundError(NotFoundError):
    """No task of that id, or none that concerns the caller."""

    code = "task_not_found"

    def __init__(self, task_id: str) -> None:
        super().__init__(f"Task '{task_id}' not found")


class NamespaceQuotaExceededError(InteractorError):
    """The namespace already has the maximum number of active instances."""

    code, status = "namespace_quota_exceeded", 429


class WorkflowQuotaExceededError(InteractorError):
    """The account already has the maximum number of workflows."""

    code, status = "workflow_quota_exceeded", 429


class VersionQuotaExceededError(InteractorError):
    """The workflow already has the maximum number of versions."""

    code, status = "version_quota_exceeded", 429


class RateLimitedError(InteractorError):
    """Too many requests in this minute. Wait for ``retry_after`` seconds (ruling 33)."""

    code, status = "rate_limited", 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, {"retry_after": retry_after})
        self.retry_after = retry_after


class RemindedRecentlyError(InteractorError):
    """Those who are asked were reminded a moment ago."""

    code, status = "reminded_recently", 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "They were reminded a moment ago; wait before you remind them again", {"retry_after": retry_after}
        )
        self.retry_after = retry_after


class InvalidRequestError(InteractorError):
    """The request itself is wrong, whatever the state of things."""

    code, status = "validation_error", 400


class InvalidWorkflowError(InvalidRequestError):
    """The definition has errors; ``details`` lists them as ``{path, message}``."""

    code = "invalid_workflow"


class InvalidCursorError(InvalidRequestError):
    """The API did not give this cursor for this query."""

    code = "invalid_cursor"


class NamespaceMismatchError(InvalidRequestError):
    """Body and ``X-Namespace`` name different namespaces."""

    code = "namespace_mismatch"


class ThreadRequiredError(InvalidRequestError):
    """Several threads are halted, and the request names none; ``details.threads`` lists them."""

    code = "thread_required"


class WorkflowDataTooLargeError(InvalidRequestError):
    """The data would exceed 256 KB with this input (ruling 14)."""

    code = "workflow_data_too_large"


class InstanceTooLargeError(InvalidRequestError):
    """The instance would exceed the size that can be stored (invariant 9)."""

    code = "instance_too_large"


class AssignmentTooLargeError(InvalidRequestError):
    """A task would have more people, questions or comments than it may (invariant 9)."""

    code = "assignment_too_large"


class PayloadTooLargeError(InteractorError):
    """The body is larger than its limit."""

    code, status = "payload_too_large", 413


class RefusedError(InteractorError):
    """The request is right, but the present state does not allow it."""


class WorkflowExistsError(RefusedError):
    """A workflow with this name exists already."""

    code, status = "workflow_exists", 409


class AlreadyPublishedError(RefusedError):
    """The version is already the published one."""

    code, status = "already_published", 400


class WorkflowNotPublishedError(RefusedError):
    """No version of the workflow is published."""

    code, status = "workflow_not_published", 400


class InstanceNotHaltedError(RefusedError):
    """The instance or thread is not halted, so it cannot be resumed."""

    code, status = "instance_not_halted", 400


class InvalidTransitionError(RefusedError):
    """The input matches no transition of the state (ruling 16)."""

    code, status = "invalid_transition", 400


class InstanceNotActiveError(RefusedError):
    """The instance has already ended."""

    code, status = "instance_not_active", 400


class InstanceNotFailedError(RefusedError):
    """Only a failed instance can be retried (ruling 29)."""

    code, status = "instance_not_failed", 400


class HistoryLimitExceededError(RefusedError):
    """The instance's history is full; it can only be cancelled (invariant 9)."""

    code, status = "history_limit_exceeded", 409

    def __init__(self, instance_id: str) -> None:
        super().__init__(f"Instance '{instance_id}' has as many events as its history holds; it can only be cancelled")


class InstancePausedError(RefusedError):
    """The instance is paused (ruling 29)."""

    code, status = "instance_paused", 409


class TaskClosedError(RefusedError):
    """The task is not open any more; ``details`` say how it was decided, by whom and when."""

    code, status = "task_closed", 409


class TaskClaimedError(RefusedError):
    """Somebody else has claimed the task."""

    code, status = "task_claimed", 409

    def __init__(self, owner: str) -> None:
        super().__init__(f"'{owner}' has claimed this task", {"owner": owner})


class ClaimRequiredError(RefusedError):
    """The task must be claimed before it is decided."""

    code, status = "claim_required", 409

    def __init__(self) -> None:
        super().__init__("Claim this task before you respond: POST /tasks/{task_id}/claim")


class ClaimNotApplicableError(RefusedError):
    """Several people respond to this task, so that nobody claims it."""

    code, status = "claim_not_applicable", 409

    def __init__(self) -> None:
        super().__init__("Several people respond to this task, so that nobody claims it")


class AlreadyRespondedError(RefusedError):
    """One person, one response."""

    code, status = "already_responded", 409

    def __init__(self, details: Json) -> None:
        super().__init__("You have responded to this task already; a response cannot be changed", details)


class ReassignCycleError(InvalidRequestError):
    """A slot would come back to somebody who had it, or go through too many hands."""

    code = "reassign_cycle"


class PresentationChangedError(RefusedError):
    """The sender was shown something else than what the task shows."""

    code, status = "presentation_changed", 409

    def __init__(self, shown: str) -> None:
        super().__init__("What you were shown is not what this task shows now; read it again", {"shown": shown})


class EventNotFoundError(NotFoundError):
    """The instance has no such event."""

    code = "event_not_found"

    def __init__(self, event_id: str) -> None:
        super().__init__(f"The instance has no event '{event_id}'")


class StoredFileNotFoundError(NotFoundError):
    """The instance has no such file, nothing was uploaded for it, or its time is over."""

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
    """The account already has the maximum number of subscriptions."""

    code, status = "subscription_quota_exceeded", 400


class SubstituteQuotaExceededError(RefusedError):
    """The person stands in for as many others as one may."""

    code, status = "substitute_quota_exceeded", 409

    def __init__(self, substitute: str, most: int) -> None:
        message = f"'{substitute}' stands in for {most} people already, as many as one may; name somebody else"
        super().__init__(message, {"substitute": substitute, "most": most})


class SubscriptionDisabledError(RefusedError):
    """A disabled subscription gets no events, also no replayed ones."""

    code, status = "subscription_disabled", 400


class ServiceUnavailableError(InteractorError):
    """AWS did not do the work now, and nothing was done; try again after ``retry_after`` seconds."""

    code, status = "service_unavailable", 503
    retry_after: ClassVar[int] = 2

    def __init__(self) -> None:
        message = "The service is too busy at this moment, and nothing was done; send the request again in 2 seconds"
        super().__init__(message, {"retry_after": self.retry_after})


class InternalError(InteractorError):
    """A fault of the engine."""

    code, status = "internal_error", 500

    def __init__(self) -> None:
        super().__init__("Something went wrong on our side; the request id finds it in the logs")
