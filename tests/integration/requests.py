"""Every endpoint with a request that would succeed: what hostile tests bend."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.integration.definitions import halting, one
from tests.integration.deployment import Deployment

HOOK = {"url": "https://yourapp.com/hook", "events": ["workflow.instance.halted"]}


@dataclass(frozen=True)
class Endpoint:
    """One route with its scope. ``ids`` are the parameters that name things; ``body`` is a good one.

    ``bad_body``: status and code for what is no JSON object; None where a body means nothing.
    """

    method: str
    path: str
    scope: str
    body: Any = None
    bad_body: tuple[int, str] | None = (400, "validation_error")
    ids: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def at(self, there: Mapping[str, str]) -> str:
        """The path with ids in it."""
        return self.path.format(**there)


FLOW = one(halting(), name="flow")
WRONG_DEFINITION = (400, "invalid_workflow")
ENDPOINTS = (
    Endpoint("POST", "/workflows", "workflows:write", {**FLOW, "name": "new"}, WRONG_DEFINITION),
    Endpoint("POST", "/workflows/validate", "workflows:read", FLOW, None),
    Endpoint("GET", "/workflows", "workflows:read"),
    Endpoint("GET", "/workflows/{name}", "workflows:read", ids=("name",)),
    Endpoint("PUT", "/workflows/{name}", "workflows:write", FLOW, WRONG_DEFINITION, ids=("name",)),
    Endpoint("GET", "/workflows/{name}/versions", "workflows:read", ids=("name",)),
    Endpoint("POST", "/workflows/{name}/versions", "workflows:write", FLOW, WRONG_DEFINITION, ids=("name",)),
    Endpoint("GET", "/workflows/{name}/versions/{version}", "workflows:read", ids=("name", "version")),
    Endpoint("POST", "/workflows/{name}/versions/{draft}/publish", "workflows:write", {}, ids=("name", "draft")),
    Endpoint("POST", "/workflows/{name}/instances", "workflows:execute", {"namespace": "user_123"}, ids=("name",)),
    Endpoint("GET", "/workflows/instances", "workflows:read"),
    Endpoint("GET", "/workflows/instances/{instance}", "workflows:read", ids=("instance",)),
    Endpoint("POST", "/workflows/instances/{instance}/resume", "workflows:execute", {"input": {}}, ids=("instance",)),
    Endpoint("POST", "/workflows/instances/{instance}/cancel", "workflows:execute", {}, ids=("instance",)),
    Endpoint("GET", "/workflows/instances/{instance}/threads", "workflows:read", ids=("instance",)),
    Endpoint("GET", "/workflows/instances/{instance}/history", "workflows:read", ids=("instance",)),
    Endpoint("GET", "/workflows/instances/{instance}/events/{event}", "workflows:read", ids=("instance", "event")),
    Endpoint("GET", "/workflows/errors", "workflows:read"),
    Endpoint("POST", "/workflows/instances/{instance}/pause", "workflows:execute", {}, ids=("instance",)),
    Endpoint("POST", "/workflows/instances/{instance}/unpause", "workflows:execute", {}, ids=("instance",)),
    Endpoint(
        "POST",
        "/workflows/instances/{instance}/threads/{thread}/resume",
        "workflows:execute",
        {"input": {}},
        ids=("instance", "thread"),
    ),
    Endpoint("POST", "/webhooks/subscriptions", "webhooks:manage", HOOK),
    Endpoint("GET", "/webhooks/subscriptions", "webhooks:manage"),
    Endpoint("GET", "/webhooks/event-types", "webhooks:manage"),
    Endpoint("GET", "/webhooks/subscriptions/{subscription}", "webhooks:manage", ids=("subscription",)),
    Endpoint(
        "PATCH",
        "/webhooks/subscriptions/{subscription}",
        "webhooks:manage",
        {"status": "active"},
        ids=("subscription",),
    ),
    Endpoint("POST", "/webhooks/subscriptions/{subscription}/enable", "webhooks:manage", {}, ids=("subscription",)),
    Endpoint(
        "POST", "/webhooks/subscriptions/{subscription}/rotate-secret", "webhooks:manage", {}, ids=("subscription",)
    ),
    Endpoint("POST", "/webhooks/subscriptions/{subscription}/test", "webhooks:manage", {}, ids=("subscription",)),
    Endpoint("GET", "/webhooks/subscriptions/{subscription}/deliveries", "webhooks:manage", ids=("subscription",)),
    Endpoint(
        "POST",
        "/webhooks/subscriptions/{subscription}/replay",
        "webhooks:manage",
        {"since": "2026-01-20"},
        ids=("subscription",),
    ),
    Endpoint("DELETE", "/webhooks/subscriptions/{subscription}", "webhooks:manage", ids=("subscription",)),
)
NOT_FOUND = {
    "name": (404, "workflow_not_found"),
    "version": (404, "version_not_found"),
    "draft": (404, "version_not_found"),
    "instance": (404, "instance_not_found"),
    "thread": (404, "thread_not_found"),
    "event": (404, "event_not_found"),
    "subscription": (404, "subscription_not_found"),
}


def things(deployment: Deployment, token: str, namespace: str = "user_123") -> dict[str, str]:
    """One of each thing, by the names that paths have for them."""
    version = deployment.define(FLOW, token)
    instance = deployment.start("flow", token=token, namespace=namespace)["id"]
    history = deployment.call("GET", f"/workflows/instances/{instance}/history", token=token).data["events"]
    return {
        "name": "flow",
        "version": version,
        "draft": deployment.call("PUT", "/workflows/flow", FLOW, token).data["version_id"],
        "instance": instance,
        "event": history[0]["id"],
        "thread": "thread_main",
        "subscription": deployment.call("POST", "/webhooks/subscriptions", HOOK, token).data["id"],
    }
