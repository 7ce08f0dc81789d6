"""Every operation of the API. A test holds this list against the routes, the template and the functions' scopes."""

from typing import Final

from interactor.api.openapi.examples import EXAMPLE_HALT
from interactor.api.openapi.operation import Operation
from interactor.api.routes import API
from interactor.core import errors
from interactor.core.jsons import JsonObject

_PAGE: Final = ("limit", "cursor")
_WORKFLOWS: Final = f"{API}/workflows"
_NAMED: Final = f"{_WORKFLOWS}/{{name}}"
_VERSION: Final = f"{_NAMED}/versions/{{version_id}}"
_INSTANCE: Final = f"{_WORKFLOWS}/instances/{{instance_id}}"
_SUBSCRIPTIONS: Final = f"{API}/webhooks/subscriptions"
_SUBSCRIPTION: Final = f"{_SUBSCRIPTIONS}/{{subscription_id}}"
_DELIVERY: Final = f"{_SUBSCRIPTION}/deliveries/{{delivery_id}}"
_RESUME_REFUSALS: Final = (
    errors.InstanceNotHaltedError,
    errors.InstancePausedError,
    errors.InvalidTransitionError,
    errors.ConcurrentModificationError,
    errors.WorkflowDataTooLargeError,
    errors.InstanceTooLargeError,
)
_DEFINITION: Final[JsonObject] = {
    "name": "approval_workflow",
    "initial_state": "await_approval",
    "states": {
        "await_approval": {
            "type": "halting",
            "presentation": {
                "type": "form",
                "title": "Approval Required",
                "fields": [
                    {"name": "approved", "type": "boolean", "label": "Approve this request?"},
                    {"name": "contract", "type": "file", "label": "Contract", "accept": "application/pdf"},
                ],
            },
            "transitions": [
                {"target": "approved", "condition": {"field": "approved", "equals": True}},
                {"target": "rejected"},
            ],
        },
        "approved": {"type": "terminal"},
        "rejected": {"type": "terminal"},
    },
}
_MADE: Final[JsonObject] = {
    "name": "approval_workflow",
    "workflow_id": "wf_01kfdmdagaz34stqaxk0rsbp8e",
    "version_id": "v_01kfdmdaga4g43zmhbj0qrj60r",
    "status": "draft",
    "created_at": "2026-01-20T12:00:00.000Z",
}

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "POST", "/oauth/token", "create_token", "Authorization", "Get an access token", None, {200: "TokenAnswer"},
        body="TokenRequest", body_required=True, data=False, form=True,
        refusals=(errors.UnauthorizedError, errors.RateLimitedError, errors.NotFoundError),
        description="By client id and secret, or by a refresh token. No token has more scopes than its client. "
        "Authenticated requests count against the client's rate limit, all others against their source address. If the "
        "deployment uses an external issuer, the answer is 404.",
        example={"grant_type": "client_credentials", "client_id": "local", "client_secret": "local-secret"},
        aliases=(f"{API}/oauth/token",),
    ),
    Operation(
        "POST", "/oauth/revoke", "revoke_token", "Authorization", "Revoke a token", None, {200: "Nothing"},
        body="RevokeRequest", body_required=True, form=True,
        description="A refresh token is revoked with all that followed it. An access token is refused everywhere "
        "within 30 seconds. An invalid token is not an error (RFC 7009).",
        example={"token": "rt_..."}, aliases=(f"{API}/oauth/revoke",),
    ),
    Operation(
        "GET", "/oauth/jwks", "get_jwks", "Authorization", "Get the keys that verify access tokens", None,
        {200: "KeySet"}, data=False, aliases=(f"{API}/oauth/jwks",),
    ),
    Operation(
        "POST", _WORKFLOWS, "create_workflow", "Workflows", "Create a workflow", "workflows:write",
        {201: "WorkflowVersion"}, body="Definition", body_required=True, query=("strict",),
        refusals=(errors.InvalidWorkflowError, errors.WorkflowExistsError, errors.WorkflowQuotaExceededError),
        description="Creates the workflow and its first version, a draft. Publish it to run it. The answer has "
        "`warnings` about probable mistakes in the definition, such as a misspelt property.",
        example=_DEFINITION, answer_example={"data": _MADE},
    ),
    Operation(
        "GET", _WORKFLOWS, "list_workflows", "Workflows", "List workflows", "workflows:read", {200: "WorkflowPage"},
        query=_PAGE,
    ),
    Operation(
        "POST", f"{_WORKFLOWS}/validate", "validate_workflow", "Workflows", "Validate without saving",
        "workflows:read", {200: "Verdict"}, body="Definition", body_required=True, query=("strict",),
        refusals=(errors.InvalidWorkflowError,),
        description="Reports all errors and warnings of a definition, and stores nothing. It counts as a read.",
        example=_DEFINITION, answer_example={"data": {"valid": True}},
    ),
    Operation(
        "GET", _NAMED, "get_workflow", "Workflows", "Get the published version, or else the latest", "workflows:read",
        {200: "WorkflowWithDefinition"}, refusals=(errors.VersionNotFoundError,),
    ),
    Operation(
        "PUT", _NAMED, "create_version", "Workflows", "Create the next draft version", "workflows:write",
        {201: "WorkflowVersion"}, body="Definition", body_required=True, query=("strict",),
        refusals=(errors.InvalidWorkflowError, errors.ConcurrentModificationError, errors.VersionQuotaExceededError),
        example=_DEFINITION, id="put_workflow",
    ),
    Operation(
        "GET", f"{_NAMED}/versions", "list_versions", "Workflows", "List versions", "workflows:read",
        {200: "VersionPage"}, query=_PAGE,
    ),
    Operation(
        "POST", f"{_NAMED}/versions", "create_version", "Workflows", "Create the next draft version",
        "workflows:write", {201: "WorkflowVersion"}, body="Definition", body_required=True, query=("strict",),
        refusals=(errors.InvalidWorkflowError, errors.VersionQuotaExceededError), example=_DEFINITION,
        answer_example={"data": _MADE},
    ),
    Operation(
        "GET", _VERSION, "get_version", "Workflows", "Get a version with its definition", "workflows:read",
        {200: "WorkflowWithDefinition"},
    ),
    Operation(
        "GET", f"{_VERSION}/diagram", "get_diagram", "Workflows", "Get the diagram of a version", "workflows:read",
        {200: "Diagram"}, query=("format",), media=("application/json", "image/svg+xml", "text/plain"),
    ),
    Operation(
        "POST", f"{_VERSION}/publish", "publish_version", "Workflows", "Publish a version", "workflows:write",
        {200: "WorkflowVersion"}, refusals=(errors.AlreadyPublishedError,),
        description="New instances use this version; existing ones keep theirs. To roll back, publish a superseded "
        "version again.",
        answer_example={"data": {**_MADE, "status": "published", "published_at": "2026-01-20T12:05:00.000Z"}},
    ),
    Operation(
        "POST", f"{_NAMED}/instances", "create_instance", "Instances", "Start an instance", "workflows:execute",
        {201: "Instance"}, body="CreateInstance", headers=("X-Namespace", "X-Interactor-Actor", "traceparent"),
        refusals=(
            errors.WorkflowNotPublishedError, errors.NamespaceMismatchError, errors.NamespaceQuotaExceededError,
            errors.InstanceTooLargeError,
        ),
        description="Runs the instance at once until it halts, ends, or needs an outside call. Creates have their own "
        "rate limit.",
        example={"namespace": "user_123", "input": {"id": "req_456", "amount": 5000}},
    ),
    Operation(
        "GET", f"{_WORKFLOWS}/instances", "list_instances", "Instances", "List instances", "workflows:read",
        {200: "InstancePage"}, query=("namespace", "workflow_name", "status", *_PAGE),
    ),
    Operation("GET", _INSTANCE, "get_instance", "Instances", "Get an instance", "workflows:read", {200: "Instance"}),
    Operation(
        "POST", f"{_INSTANCE}/resume", "resume_instance", "Instances", "Resume a halted instance",
        "workflows:execute", {200: "Instance"}, body="Resume", headers=("X-Interactor-Actor",),
        refusals=(*_RESUME_REFUSALS, errors.ThreadRequiredError),
        example={"halt_id": EXAMPLE_HALT, "input": {"approved": True}},
        description="Decides the halt with this `halt_id`, and no other.",
    ),
    Operation(
        "POST", f"{_INSTANCE}/cancel", "cancel_instance", "Instances", "Cancel an instance", "workflows:execute",
        {200: "Instance"}, headers=("X-Interactor-Actor",), refusals=(errors.InstanceNotActiveError,),
    ),
    Operation(
        "POST", f"{_INSTANCE}/pause", "pause_instance", "Instances", "Pause an instance", "workflows:execute",
        {200: "Instance"}, headers=("X-Interactor-Actor",),
        refusals=(errors.InstanceNotActiveError, errors.HistoryLimitExceededError),
        description="Nothing new starts. Running actions may finish.",
    ),
    Operation(
        "POST", f"{_INSTANCE}/unpause", "unpause_instance", "Instances", "Unpause an instance",
        "workflows:execute", {200: "Instance"}, headers=("X-Interactor-Actor",),
        refusals=(errors.InstanceNotActiveError,),
    ),
    Operation(
        "POST", f"{_INSTANCE}/retry", "retry_instance", "Instances", "Retry a failed instance from its failed step",
        "workflows:execute", {200: "Instance"}, headers=("X-Interactor-Actor",),
        refusals=(
            errors.InstanceNotFailedError, errors.NamespaceQuotaExceededError, errors.InstanceTooLargeError,
            errors.HistoryLimitExceededError,
        ),
    ),
    Operation(
        "GET", f"{_INSTANCE}/diagram", "get_instance_diagram", "Instances", "Get the diagram of an instance",
        "workflows:read", {200: "Diagram"}, query=("format",),
        media=("application/json", "image/svg+xml", "text/plain"),
    ),
    Operation(
        "POST", f"{_INSTANCE}/files", "create_file", "Files", "Announce a file for a form's field",
        "workflows:execute", {201: "Upload"}, body="CreateFile", body_required=True,
        refusals=(
            errors.InstanceNotHaltedError, errors.InstancePausedError, errors.ThreadRequiredError,
            errors.ThreadNotFoundError,
        ),
        description="The answer says where to send the file: post a multipart form with all `fields`, then `file`, to "
        "`url` within 15 minutes. A resume then refers to the file by its `id`.",
        example={"field": "contract", "name": "contract.pdf", "content_type": "application/pdf", "size": 48213},
    ),
    Operation(
        "GET", f"{_INSTANCE}/files/{{file_id}}", "get_file", "Files", "Get a link to a file", "workflows:read",
        {200: "Download"}, description="The link is valid for 5 minutes. Files are deleted 7 days after the end.",
    ),
    Operation(
        "GET", f"{_INSTANCE}/threads", "list_threads", "Threads", "List threads", "workflows:read",
        {200: "ThreadList"},
    ),
    Operation(
        "POST", f"{_INSTANCE}/threads/{{thread_id}}/resume", "resume_thread", "Threads", "Resume one thread",
        "workflows:execute", {200: "Instance"}, body="Resume", headers=("X-Interactor-Actor",),
        refusals=_RESUME_REFUSALS, example={"halt_id": EXAMPLE_HALT, "input": {"department_approved": True}},
    ),
    Operation(
        "GET", f"{_INSTANCE}/history", "get_history", "History", "List an instance's events", "workflows:read",
        {200: "EventPage"},
        query=("types", "since", "until", "thread", "state", "include_data", "history_limit", "cursor"),
    ),
    Operation(
        "GET", f"{_INSTANCE}/events/{{event_id}}", "get_event", "History", "Get one event", "workflows:read",
        {200: "Event"}, query=("include_data",),
    ),
    Operation(
        "GET", f"{_WORKFLOWS}/errors", "list_errors", "History", "List errors across workflows", "workflows:read",
        {200: "FailurePage"}, query=("since", "until", "workflow_name", "error_code", *_PAGE),
    ),
    Operation(
        "POST", _SUBSCRIPTIONS, "create_subscription", "Webhooks", "Create a subscription", "webhooks:write",
        {201: "NewSubscription"}, body="CreateSubscription", body_required=True,
        refusals=(errors.SubscriptionQuotaExceededError,),
        example={"url": "https://yourapp.com/api/webhooks/workflows", "events": ["workflow.instance.halted"]},
    ),
    Operation(
        "GET", _SUBSCRIPTIONS, "list_subscriptions", "Webhooks", "List subscriptions", "webhooks:read",
        {200: "SubscriptionPage"}, query=_PAGE,
    ),
    Operation(
        "GET", f"{API}/webhooks/event-types", "list_event_types", "Webhooks", "List event types",
        "webhooks:read", {200: "EventTypes"},
    ),
    Operation(
        "GET", _SUBSCRIPTION, "get_subscription", "Webhooks", "Get a subscription", "webhooks:read",
        {200: "Subscription"},
    ),
    Operation(
        "PATCH", _SUBSCRIPTION, "update_subscription", "Webhooks", "Change a subscription", "webhooks:write",
        {200: "Subscription"}, body="ChangeSubscription", body_required=True,
        refusals=(errors.ConcurrentModificationError,), example={"events": ["workflow.instance.completed"]},
    ),
    Operation(
        "DELETE", _SUBSCRIPTION, "delete_subscription", "Webhooks", "Delete a subscription", "webhooks:write",
        {204: None},
    ),
    Operation(
        "POST", f"{_SUBSCRIPTION}/enable", "enable_subscription", "Webhooks", "Enable a subscription",
        "webhooks:write", {200: "Subscription"},
    ),
    Operation(
        "POST", f"{_SUBSCRIPTION}/disable", "disable_subscription", "Webhooks", "Disable a subscription",
        "webhooks:write", {200: "Subscription"},
    ),
    Operation(
        "POST", f"{_SUBSCRIPTION}/rotate-secret", "rotate_secret", "Webhooks", "Rotate the secret of a subscription",
        "webhooks:write", {200: "RotatedSubscription"}, body="RotateSecret",
        description="For 24 hours `webhook-signature` has a signature with the old secret and one with the new. "
        "`X-Interactor-Signature` uses the new secret at once, so a receiver that checks only this one must know the "
        "new secret first. Choose it yourself in `secret`; a generated one is shown only in this answer.",
    ),
    Operation(
        "POST", f"{_SUBSCRIPTION}/test", "test_subscription", "Webhooks", "Send a sample event", "webhooks:write",
        {202: "SentDelivery"}, body="TestSubscription", example={"event": "workflow.instance.halted"},
    ),
    Operation(
        "POST", f"{_SUBSCRIPTION}/replay", "replay_deliveries", "Webhooks", "Replay undelivered events",
        "webhooks:write", {202: "Replay"}, body="ReplayDeliveries", body_required=True,
        refusals=(errors.SubscriptionDisabledError,), example={"since": "2026-01-20T00:00:00Z"},
    ),
    Operation(
        "GET", f"{_SUBSCRIPTION}/deliveries", "list_deliveries", "Webhooks", "List deliveries", "webhooks:read",
        {200: "DeliveryPage"}, query=("delivery_status", "event", *_PAGE),
    ),
    Operation(
        "GET", _DELIVERY, "get_delivery", "Webhooks", "Get a delivery with its attempts", "webhooks:read",
        {200: "DeliveryWithAttempts"},
    ),
    Operation(
        "POST", f"{_DELIVERY}/replay", "replay_delivery", "Webhooks", "Replay a delivery",
        "webhooks:write", {202: "SentDelivery"}, body="ReplayDelivery",
        refusals=(errors.SubscriptionDisabledError,),
    ),
    Operation(
        "GET", f"{API}/schemas/workflow-definition.json", "get_schema", "Description",
        "Get the JSON Schema of definitions", None, {200: None}, media=("application/schema+json",),
    ),
    Operation(
        "GET", f"{API}/openapi.json", "get_openapi", "Description", "Get this description as JSON", None,
        {200: None}, id="get_openapi_json",
    ),
    Operation(
        "GET", f"{API}/openapi.yaml", "get_openapi", "Description", "Get this description as YAML", None,
        {200: None}, media=("application/yaml",), id="get_openapi_yaml",
    ),
    Operation(
        "GET", f"{API}/docs", "get_openapi", "Description", "Read this description", None, {200: None},
        media=("text/html",), id="get_docs",
    ),
)  # fmt: skip
