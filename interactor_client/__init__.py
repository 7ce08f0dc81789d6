"""A client of the API for Python programs. It needs only ``requests`` and uses nothing of the engine.

    from interactor_client import Client

    client = Client("http://127.0.0.1:8080/api/v1", "local", "local-secret")
    instance = client.create_instance("approval_workflow", {"amount": 5000}, namespace="user_123")
    client.resume(instance, {"approved": True})
    print(client.wait_for_completion(instance["id"])["current_state"])

The client gets and renews its token, and sends each POST with an idempotency key. It repeats requests that got no
answer or a temporary refusal, and waits as long as ``Retry-After`` says.
"""

from interactor_client.api import Client
from interactor_client.errors import ApiError, ClientError, ConnectionLostError, InvalidWebhookError
from interactor_client.models import (
    Away,
    Delivery,
    DeliveryWithAttempts,
    Diagram,
    DirectoryPerson,
    Event,
    Failure,
    Group,
    Instance,
    ListedGroup,
    ListedInstance,
    ListedTask,
    ListedVersion,
    NewSubscription,
    Subscription,
    Task,
    TaskCounts,
    TaskHistory,
    TaskResults,
    Thread,
    Verdict,
    Version,
    VersionWithDefinition,
    Workflow,
)
from interactor_client.webhooks import verify_webhook

__version__ = "0.1.0"
"""The version of the whole project: ``pyproject.toml`` reads it here."""

__all__ = [
    "ApiError",
    "Away",
    "Client",
    "ClientError",
    "ConnectionLostError",
    "Delivery",
    "DeliveryWithAttempts",
    "Diagram",
    "DirectoryPerson",
    "Event",
    "Failure",
    "Group",
    "Instance",
    "InvalidWebhookError",
    "ListedGroup",
    "ListedInstance",
    "ListedTask",
    "ListedVersion",
    "NewSubscription",
    "Subscription",
    "Task",
    "TaskCounts",
    "TaskHistory",
    "TaskResults",
    "Thread",
    "Verdict",
    "Version",
    "VersionWithDefinition",
    "Workflow",
    "__version__",
    "verify_webhook",
]
