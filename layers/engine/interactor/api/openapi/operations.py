"""The description of each operation in the table: prose, shapes, refusals, examples. Tests compare both lists."""

from typing import Final

from interactor.api.openapi.examples import EXAMPLE_HALT
from interactor.api.openapi.operation import Operation
from interactor.api.operations import TABLE
from interactor.core import errors
from interactor.core.jsons import JsonObject

_PAGE: Final = ("limit", "cursor")
_OF: Final = {entry.id: entry for entry in TABLE}
_RESUME_REFUSALS: Final = (
    errors.InstanceNotHaltedError,
    errors.InstancePausedError,
    errors.InvalidTransitionError,
    errors.ConcurrentModificationError,
    errors.WorkflowDataTooLargeError,
    errors.InstanceTooLargeError,
    errors.TaskNotFoundError,
    errors.TaskClosedError,
    errors.TaskClaimedError,
    errors.ClaimRequiredError,
    errors.AlreadyRespondedError,
    errors.NotAssigneeError,
    errors.SeparationOfDutiesError,
    errors.HistoryLimitExceededError,
)
_TASK_FILTERS: Final = (
    *("view", "namespace", "workflow", "state", "priority", "key", "label", "due_before"),
    *_PAGE,
)
_TASK_REFUSALS: Final = (
    errors.TaskClosedError,
    errors.NotAssigneeError,
    errors.SeparationOfDutiesError,
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
        _OF["create_token"], "Authorization", "Get an access token", {200: "TokenAnswer"},
        body="TokenRequest", body_required=True, data=False, form=True,
        refusals=(errors.UnauthorizedError, errors.RateLimitedError, errors.NotFoundError),
        description="By client id and secret, or by a refresh token. No token has more scopes than its client. "
        "Authenticated requests count against the client's rate limit, all others against their source address. If the "
        "deployment uses an external issuer, the answer is 404.",
        example={"grant_type": "client_credentials", "client_id": "local", "client_secret": "local-secret"},
    ),
    Operation(
        _OF["revoke_token"], "Authorization", "Revoke a token", {200: "Nothing"},
        body="RevokeRequest", body_required=True, form=True,
        description="A refresh token is revoked with all that followed it. An access token is refused everywhere "
        "within 30 seconds. An invalid token is not an error (RFC 7009).",
        example={"token": "rt_..."},
    ),
    Operation(
        _OF["get_jwks"], "Authorization", "Get the keys that verify access tokens",
        {200: "KeySet"}, data=False,
    ),
    Operation(
        _OF["get_me"], "Authorization", "Get the caller", {200: "Caller"}, headers=("X-Interactor-Actor",),
        description="Who the caller is and what the token allows, as the API sees it. A good first call: it needs no "
        "scope, and shows whether a token is valid.",
        answer_example={
            "data": {
                "sub": "local", "account_id": "acc_local", "namespaces": ["*"], "scopes": ["*"],
                "acts_for_people": True, "actor": None,
            }
        },
    ),
    Operation(
        _OF["create_workflow"], "Workflows", "Create a workflow",
        {201: "WorkflowVersion"}, body="Definition", body_required=True, query=("strict",),
        refusals=(errors.InvalidWorkflowError, errors.WorkflowExistsError, errors.WorkflowQuotaExceededError),
        description="Creates the workflow and its first version, a draft. Publish it to run it. The answer has "
        "`warnings` about probable mistakes in the definition, such as a misspelt property.",
        example=_DEFINITION, answer_example={"data": _MADE},
    ),
    Operation(
        _OF["list_workflows"], "Workflows", "List workflows", {200: "WorkflowPage"},
        query=_PAGE,
    ),
    Operation(
        _OF["validate_workflow"], "Workflows", "Validate without saving", {200: "Verdict"}, body="Definition",
        body_required=True, query=("strict",),
        refusals=(errors.InvalidWorkflowError,),
        description="Reports all errors and warnings of a definition, and stores nothing. It counts as a read.",
        example=_DEFINITION, answer_example={"data": {"valid": True}},
    ),
    Operation(
        _OF["get_workflow"], "Workflows", "Get the published version, or else the latest",
        {200: "WorkflowWithDefinition"}, refusals=(errors.VersionNotFoundError,),
    ),
    Operation(
        _OF["put_workflow"], "Workflows", "Create the next draft version",
        {201: "WorkflowVersion"}, body="Definition", body_required=True, query=("strict",),
        refusals=(errors.InvalidWorkflowError, errors.ConcurrentModificationError, errors.VersionQuotaExceededError),
        example=_DEFINITION,
    ),
    Operation(
        _OF["list_versions"], "Workflows", "List versions",
        {200: "VersionPage"}, query=_PAGE,
    ),
    Operation(
        _OF["create_version"], "Workflows", "Create the next draft version", {201: "WorkflowVersion"},
        body="Definition", body_required=True, query=("strict",),
        refusals=(errors.InvalidWorkflowError, errors.VersionQuotaExceededError), example=_DEFINITION,
        answer_example={"data": _MADE},
    ),
    Operation(
        _OF["get_version"], "Workflows", "Get a version with its definition",
        {200: "WorkflowWithDefinition"},
    ),
    Operation(
        _OF["get_diagram"], "Workflows", "Get the diagram of a version",
        {200: "Diagram"}, query=("format",), media=("application/json", "image/svg+xml", "text/plain"),
    ),
    Operation(
        _OF["publish_version"], "Workflows", "Publish a version",
        {200: "WorkflowVersion"}, refusals=(errors.AlreadyPublishedError,),
        description="New instances use this version; existing ones keep theirs. To roll back, publish a superseded "
        "version again.",
        answer_example={"data": {**_MADE, "status": "published", "published_at": "2026-01-20T12:05:00.000Z"}},
    ),
    Operation(
        _OF["create_instance"], "Instances", "Start an instance",
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
        _OF["list_instances"], "Instances", "List instances",
        {200: "InstancePage"}, query=("namespace", "workflow_name", "status", *_PAGE),
    ),
    Operation(_OF["get_instance"], "Instances", "Get an instance", {200: "Instance"}),
    Operation(
        _OF["resume_instance"], "Instances", "Resume a halted instance", {200: "Instance"}, body="Resume",
        headers=("X-Interactor-Actor",),
        refusals=(*_RESUME_REFUSALS, errors.ThreadRequiredError),
        example={"halt_id": EXAMPLE_HALT, "input": {"approved": True}},
        description="Decides the halt with this `halt_id`, and no other.",
    ),
    Operation(
        _OF["cancel_instance"], "Instances", "Cancel an instance",
        {200: "Instance"}, headers=("X-Interactor-Actor",), refusals=(errors.InstanceNotActiveError,),
    ),
    Operation(
        _OF["pause_instance"], "Instances", "Pause an instance",
        {200: "Instance"}, headers=("X-Interactor-Actor",),
        refusals=(errors.InstanceNotActiveError, errors.HistoryLimitExceededError),
        description="Nothing new starts. Running actions may finish.",
    ),
    Operation(
        _OF["unpause_instance"], "Instances", "Unpause an instance", {200: "Instance"}, headers=("X-Interactor-Actor",),
        refusals=(errors.InstanceNotActiveError,),
    ),
    Operation(
        _OF["retry_instance"], "Instances", "Retry a failed instance from its failed step", {200: "Instance"},
        headers=("X-Interactor-Actor",),
        refusals=(
            errors.InstanceNotFailedError, errors.NamespaceQuotaExceededError, errors.InstanceTooLargeError,
            errors.HistoryLimitExceededError,
        ),
    ),
    Operation(
        _OF["get_instance_diagram"], "Instances", "Get the diagram of an instance", {200: "Diagram"}, query=("format",),
        media=("application/json", "image/svg+xml", "text/plain"),
    ),
    Operation(
        _OF["create_file"], "Files", "Announce a file for a form's field", {201: "Upload"}, body="CreateFile",
        body_required=True,
        refusals=(
            errors.InstanceNotHaltedError, errors.InstancePausedError, errors.ThreadRequiredError,
            errors.ThreadNotFoundError,
        ),
        description="The answer says where to send the file: post a multipart form with all `fields`, then `file`, to "
        "`url` within 15 minutes. A resume then refers to the file by its `id`.",
        example={"field": "contract", "name": "contract.pdf", "content_type": "application/pdf", "size": 48213},
    ),
    Operation(
        _OF["get_file"], "Files", "Get a link to a file",
        {200: "Download"}, description="The link is valid for 5 minutes. Files are deleted 7 days after the end.",
    ),
    Operation(
        _OF["list_threads"], "Threads", "List threads",
        {200: "ThreadList"},
    ),
    Operation(
        _OF["resume_thread"], "Threads", "Resume one thread", {200: "Instance"}, body="Resume",
        headers=("X-Interactor-Actor",),
        refusals=_RESUME_REFUSALS, example={"halt_id": EXAMPLE_HALT, "input": {"department_approved": True}},
    ),
    Operation(
        _OF["get_history"], "History", "List an instance's events",
        {200: "EventPage"},
        query=("types", "since", "until", "thread", "state", "include_data", "history_limit", "cursor"),
    ),
    Operation(
        _OF["get_event"], "History", "Get one event",
        {200: "Event"}, query=("include_data",),
    ),
    Operation(
        _OF["list_errors"], "History", "List errors across workflows",
        {200: "FailurePage"}, query=("since", "until", "workflow_name", "error_code", *_PAGE),
    ),
    Operation(
        _OF["create_subscription"], "Webhooks", "Create a subscription",
        {201: "NewSubscription"}, body="CreateSubscription", body_required=True,
        refusals=(errors.SubscriptionQuotaExceededError,),
        example={"url": "https://yourapp.com/api/webhooks/workflows", "events": ["workflow.instance.halted"]},
    ),
    Operation(
        _OF["list_subscriptions"], "Webhooks", "List subscriptions",
        {200: "SubscriptionPage"}, query=_PAGE,
    ),
    Operation(
        _OF["list_event_types"], "Webhooks", "List event types", {200: "EventTypes"},
    ),
    Operation(
        _OF["get_subscription"], "Webhooks", "Get a subscription",
        {200: "Subscription"},
    ),
    Operation(
        _OF["update_subscription"], "Webhooks", "Change a subscription",
        {200: "Subscription"}, body="ChangeSubscription", body_required=True,
        refusals=(errors.ConcurrentModificationError,), example={"events": ["workflow.instance.completed"]},
    ),
    Operation(
        _OF["delete_subscription"], "Webhooks", "Delete a subscription",
        {204: None},
    ),
    Operation(
        _OF["enable_subscription"], "Webhooks", "Enable a subscription", {200: "Subscription"},
    ),
    Operation(
        _OF["disable_subscription"], "Webhooks", "Disable a subscription", {200: "Subscription"},
    ),
    Operation(
        _OF["rotate_secret"], "Webhooks", "Rotate the secret of a subscription", {200: "RotatedSubscription"},
        body="RotateSecret",
        description="For 24 hours `webhook-signature` has a signature with the old secret and one with the new. "
        "`X-Interactor-Signature` uses the new secret at once, so a receiver that checks only this one must know the "
        "new secret first. Choose it yourself in `secret`; a generated one is shown only in this answer.",
    ),
    Operation(
        _OF["test_subscription"], "Webhooks", "Send a sample event",
        {202: "SentDelivery"}, body="TestSubscription", example={"event": "workflow.instance.halted"},
    ),
    Operation(
        _OF["replay_deliveries"], "Webhooks", "Replay undelivered events", {202: "Replay"}, body="ReplayDeliveries",
        body_required=True,
        refusals=(errors.SubscriptionDisabledError,), example={"since": "2026-01-20T00:00:00Z"},
    ),
    Operation(
        _OF["list_deliveries"], "Webhooks", "List deliveries",
        {200: "DeliveryPage"}, query=("delivery_status", "event", *_PAGE),
    ),
    Operation(
        _OF["get_delivery"], "Webhooks", "Get a delivery with its attempts",
        {200: "DeliveryWithAttempts"},
    ),
    Operation(
        _OF["replay_delivery"], "Webhooks", "Replay a delivery", {202: "SentDelivery"}, body="ReplayDelivery",
        refusals=(errors.SubscriptionDisabledError,),
    ),
    Operation(
        _OF["list_tasks"], "Tasks", "List tasks", {200: "TaskPage"}, query=_TASK_FILTERS,
        description="By due date, then by age. `mine`: what the person can respond to now, also for absent people whom "
        "they stand in for. `claimable`: of their groups. `done`: what they responded to in the last 90 days. `all`: "
        "every open task of one namespace, the newest instance first; needs `tasks:manage`.",
    ),
    Operation(
        _OF["count_tasks"], "Tasks", "Count a person's tasks", {200: "TaskCounts"},
        description="Each up to 1,000.",
    ),
    Operation(
        _OF["get_task"], "Tasks", "Get a task", {200: "Task"},
        description="Open or closed, with what people said so far and what its reader may do. A task that does not "
        "concern the caller is answered as one that does not exist.",
    ),
    Operation(
        _OF["get_task_history"], "Tasks", "Get a task's history", {200: "TaskHistory"},
    ),
    Operation(
        _OF["respond_to_task"], "Tasks", "Respond to a task", {200: "Task"},
        body="RespondToTask", body_required=True,
        refusals=(
            *_TASK_REFUSALS, errors.AlreadyRespondedError, errors.ClaimRequiredError, errors.PresentationChangedError,
            errors.InvalidTransitionError, errors.InstancePausedError, errors.WorkflowDataTooLargeError,
            errors.InstanceTooLargeError, errors.TaskClaimedError, errors.HistoryLimitExceededError,
        ),
        description="Decides the task, or counts for its quorum. Checked on the task as it is at that moment: of two "
        "people who decide at once one wins, and the other is answered 409 `task_closed`, which names the "
        "winner. The same response of the same person, sent again within 90 days, is answered as done. `POST "
        ".../resume` of the instance is the same.",
        example={"input": {"approved": True}, "comment": "within budget"},
    ),
    Operation(
        _OF["claim_task"], "Tasks", "Claim a task", {200: "Task"},
        refusals=(
            *_TASK_REFUSALS, errors.ClaimNotApplicableError, errors.AlreadyRespondedError, errors.TaskClaimedError,
            errors.HistoryLimitExceededError,
        ),
        description="It is then in nobody else's list. Only where one response decides; where several respond nobody "
        "claims.",
    ),
    Operation(
        _OF["release_task"], "Tasks", "Give a claimed task back", {200: "Task"},
        refusals=(*_TASK_REFUSALS, errors.HistoryLimitExceededError,),
        description="By whoever claimed it, or a manager.",
    ),
    Operation(
        _OF["reassign_task"], "Tasks", "Hand a task over", {200: "Task"},
        body="ReassignTask", body_required=True,
        refusals=(
            *_TASK_REFUSALS, errors.DelegationRefusedError, errors.ReassignCycleError, errors.AlreadyRespondedError,
            errors.AssignmentTooLargeError, errors.HistoryLimitExceededError,
        ),
        description="The caller's own slot, to whom the assignment's `delegation` allows. Managers hand over "
        "anybody's.",
        example={"to": "bo", "comment": "you know the supplier"},
    ),
    Operation(
        _OF["ask_about_task"], "Tasks", "Ask a question", {200: "Task"},
        body="AskAboutTask", body_required=True,
        refusals=(*_TASK_REFUSALS, errors.AssignmentTooLargeError, errors.HistoryLimitExceededError,),
        description="The task stays open, and its times run on. At most 10 questions a task.",
        example={"question": "Which cost centre?"},
    ),
    Operation(
        _OF["answer_about_task"], "Tasks", "Answer a question", {200: "Task"},
        body="AnswerAboutTask", body_required=True,
        refusals=(*_TASK_REFUSALS, errors.HistoryLimitExceededError,),
        description="By the person who was asked, their substitute, or a manager.",
        example={"question": 1, "answer": "4711"},
    ),
    Operation(
        _OF["comment_on_task"], "Tasks", "Comment on a task", {200: "Task"},
        body="CommentOnTask", body_required=True,
        refusals=(*_TASK_REFUSALS, errors.AssignmentTooLargeError, errors.HistoryLimitExceededError,),
        description="By anybody whom the task concerns. At most 100 comments a task.",
        example={"text": "The offer holds until Friday."},
    ),
    Operation(
        _OF["remind_of_task"], "Tasks", "Remind those who are asked", {200: "Task"},
        refusals=(*_TASK_REFUSALS, errors.RemindedRecentlyError, errors.HistoryLimitExceededError,),
        description="At most once in four hours.",
    ),
    Operation(
        _OF["escalate_task"], "Tasks", "Escalate a task now", {200: "Task"},
        refusals=(
            *_TASK_REFUSALS, errors.InstancePausedError, errors.AssignmentTooLargeError,
            errors.HistoryLimitExceededError, errors.InstanceTooLargeError,
        ),
        description="Does what the next level of the escalation says. Needs `tasks:manage`.",
    ),
    Operation(
        _OF["override_task"], "Tasks", "Decide a task in others' place", {200: "Task"},
        body="OverrideTask", body_required=True,
        refusals=(
            *_TASK_REFUSALS, errors.InvalidTransitionError, errors.InstancePausedError,
            errors.WorkflowDataTooLargeError, errors.InstanceTooLargeError, errors.HistoryLimitExceededError,
        ),
        description="Needs `tasks:manage`, and a reason. It is marked as an override and is no response of anybody; "
        "who "
        "is excluded from the task cannot override it.",
        example={"input": {"approved": False}, "reason": "the supplier went bankrupt"},
    ),
    Operation(
        _OF["respond_to_tasks"], "Tasks", "Respond to several tasks", {200: "TaskResults"},
        body="RespondToTasks", body_required=True,
        description="At most 25, one commit each; each has its own status in the answer.",
        example={"tasks": ["task_01kfdmdagyy4rdc3yf0jys7smn_2"], "input": {"approved": True}},
    ),
    Operation(
        _OF["put_group"], "People", "Create or replace a group", {200: "Group", 201: "Group"}, body="PutGroup",
        body_required=True, headers=("If-Match", "If-None-Match"), refusals=(errors.ConcurrentModificationError,),
        makes=True,
        description="From now on, the directory alone says who is in this group: no claim of a token and no header "
        "counts. The header `ETag` has the revision. A change of many members takes several transactions, removals "
        "first; if it was cut off, the group is `changing`, and the same request completes it.",
        example={"name": "Finance", "email": "finance@example.org", "members": ["ann", "bo"]},
    ),
    Operation(
        _OF["list_groups"], "People", "List groups", {200: "GroupPage"}, query=_PAGE,
        description="In the order of their ids, with the number of members.",
    ),
    Operation(
        _OF["get_group"], "People", "Get a group with its members", {200: "Group"},
    ),
    Operation(
        _OF["delete_group"], "People", "Delete a group", {204: None}, headers=("If-Match",),
        refusals=(errors.ConcurrentModificationError,),
        description="Its members lose what they had by it. A group of this name in a token or header counts again.",
    ),
    Operation(
        _OF["put_person"], "People", "Store a person's name, address and locale", {200: "Person"}, body="PutPerson",
        body_required=True, refusals=(errors.ConcurrentModificationError,), makes=True,
        description="Replaces what was stored; the absence and the memberships stay.",
        example={"name": "Ann Example", "email": "ann@example.org", "locale": "en-GB"},
    ),
    Operation(
        _OF["put_away"], "People", "Set an absence", {200: "Away"}, body="PutAway", body_required=True,
        refusals=(errors.ConcurrentModificationError, errors.SubstituteQuotaExceededError), makes=True,
        description="From `from` on and before `until`, the substitute may act in the person's place. Nothing moves, "
        "and it ends by itself. Everyone may set their own absence; those of others need tasks:manage.",
        example={"from": "2030-07-01T00:00:00Z", "until": "2030-07-15T00:00:00Z", "substitute": "bo"},
    ),
    Operation(
        _OF["get_person"], "People", "Get what the directory says of a person", {200: "Person"},
        description="Everyone may get what it says of themselves; all others need tasks:manage.",
    ),
    Operation(
        _OF["delete_away"], "People", "End an absence", {204: None},
        refusals=(errors.ConcurrentModificationError,), makes=True,
        description="Ends it, or takes back one that is to come. Without an absence nothing happens.",
    ),
    Operation(
        _OF["delete_person"], "People", "Erase a person", {204: None}, query=("memberships",),
        refusals=(errors.ConcurrentModificationError,),
        description="Deletes name, address, locale and absence. Memberships stay, unless the query asks for them.",
    ),
    Operation(
        _OF["get_schema"], "Description",
        "Get the JSON Schema of definitions", {200: None}, media=("application/schema+json",),
    ),
    Operation(
        _OF["get_openapi_json"], "Description", "Get this description as JSON",
        {200: None},
    ),
    Operation(
        _OF["get_openapi_yaml"], "Description", "Get this description as YAML",
        {200: None}, media=("application/yaml",),
    ),
    Operation(
        _OF["get_docs"], "Description", "Read this description", {200: None},
        media=("text/html",),
    ),
)  # fmt: skip
