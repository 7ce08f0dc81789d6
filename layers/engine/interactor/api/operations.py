"""The one table of operations: every request that the API accepts, the function that answers it, and what it needs.

Routes are made from it, and ``openapi/operations.py`` adds the prose and shapes. Tests compare it with the template,
the functions' decorators, the tests' own requests and the pages. Every handler imports it, so it imports almost nothing
and has only plain values.
"""

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from interactor.access.rules.principal import Scope
    from interactor.access.rules.rates import Category

API: Final = "/api/v1"
ANY_SCOPE: Final = "any"
"""For an operation that needs a token, with any scopes."""

Area: TypeAlias = Literal["access", "definitions", "instances", "files", "tasks", "webhooks", "people", "api"]
Face: TypeAlias = Literal["plain"]


class Entry(NamedTuple):
    """One operation. ``id`` is its ``operationId``; ``function`` is the folder that answers it, if it is not the id.

    ``area`` owns its use case. ``scope`` is None if no token is needed, and `ANY_SCOPE` if any token will do.
    ``category`` is how its requests first count (ruling 33); None: they do not. ``aliases`` are other paths of the same
    operation; ``faces`` says who offers it.
    """

    id: str
    method: str
    path: str
    area: Area
    scope: "Scope | Literal['any'] | None"
    category: "Category | None"
    aliases: tuple[str, ...] = ()
    faces: tuple[Face, ...] = ("plain",)
    function: str = ""

    @property
    def folder(self) -> str:
        """The folder of the function that answers it."""
        return self.function or self.id

    @property
    def paths(self) -> tuple[str, ...]:
        """Its path and its other paths."""
        return (self.path, *self.aliases)


_WORKFLOWS: Final = f"{API}/workflows"
_NAMED: Final = f"{_WORKFLOWS}/{{name}}"
_VERSION: Final = f"{_NAMED}/versions/{{version_id}}"
_INSTANCE: Final = f"{_WORKFLOWS}/instances/{{instance_id}}"
_THREAD: Final = f"{_INSTANCE}/threads/{{thread_id}}"
_GROUP: Final = f"{API}/groups/{{group_id}}"
_PERSON: Final = f"{API}/people/{{person_id}}"
_SUBSCRIPTIONS: Final = f"{API}/webhooks/subscriptions"
_SUBSCRIPTION: Final = f"{_SUBSCRIPTIONS}/{{subscription_id}}"
_DELIVERY: Final = f"{_SUBSCRIPTION}/deliveries/{{delivery_id}}"

_TASKS: Final = f"{API}/tasks"
_TASK: Final = f"{_TASKS}/{{task_id}}"

TABLE: Final[tuple[Entry, ...]] = (
    Entry("create_token", "POST", "/oauth/token", "access", None, "source", aliases=(f"{API}/oauth/token",)),
    Entry("revoke_token", "POST", "/oauth/revoke", "access", None, None, aliases=(f"{API}/oauth/revoke",)),
    Entry("get_jwks", "GET", "/oauth/jwks", "access", None, None, aliases=(f"{API}/oauth/jwks",)),
    Entry("get_me", "GET", f"{API}/me", "access", ANY_SCOPE, "read"),
    Entry("create_workflow", "POST", _WORKFLOWS, "definitions", "workflows:write", "write"),
    Entry("list_workflows", "GET", _WORKFLOWS, "definitions", "workflows:read", "read"),
    Entry("validate_workflow", "POST", f"{_WORKFLOWS}/validate", "definitions", "workflows:read", "read"),
    Entry("get_workflow", "GET", _NAMED, "definitions", "workflows:read", "read"),
    Entry("put_workflow", "PUT", _NAMED, "definitions", "workflows:write", "write", function="create_version"),
    Entry("list_versions", "GET", f"{_NAMED}/versions", "definitions", "workflows:read", "read"),
    Entry("create_version", "POST", f"{_NAMED}/versions", "definitions", "workflows:write", "write"),
    Entry("get_version", "GET", _VERSION, "definitions", "workflows:read", "read"),
    Entry("get_diagram", "GET", f"{_VERSION}/diagram", "definitions", "workflows:read", "read"),
    Entry("publish_version", "POST", f"{_VERSION}/publish", "definitions", "workflows:write", "write"),
    Entry("create_instance", "POST", f"{_NAMED}/instances", "instances", "workflows:execute", "create"),
    Entry("list_instances", "GET", f"{_WORKFLOWS}/instances", "instances", "workflows:read", "read"),
    Entry("get_instance", "GET", _INSTANCE, "instances", "workflows:read", "read"),
    Entry("resume_instance", "POST", f"{_INSTANCE}/resume", "instances", "workflows:execute", "write"),
    Entry("cancel_instance", "POST", f"{_INSTANCE}/cancel", "instances", "workflows:execute", "write"),
    Entry("pause_instance", "POST", f"{_INSTANCE}/pause", "instances", "workflows:execute", "write"),
    Entry("unpause_instance", "POST", f"{_INSTANCE}/unpause", "instances", "workflows:execute", "write"),
    Entry("retry_instance", "POST", f"{_INSTANCE}/retry", "instances", "workflows:execute", "write"),
    Entry("get_instance_diagram", "GET", f"{_INSTANCE}/diagram", "instances", "workflows:read", "read"),
    Entry("create_file", "POST", f"{_INSTANCE}/files", "files", "workflows:execute", "write"),
    Entry("get_file", "GET", f"{_INSTANCE}/files/{{file_id}}", "files", "workflows:read", "read"),
    Entry("list_threads", "GET", f"{_INSTANCE}/threads", "instances", "workflows:read", "read"),
    Entry("resume_thread", "POST", f"{_THREAD}/resume", "instances", "workflows:execute", "write"),
    Entry("get_history", "GET", f"{_INSTANCE}/history", "instances", "workflows:read", "read"),
    Entry("get_event", "GET", f"{_INSTANCE}/events/{{event_id}}", "instances", "workflows:read", "read"),
    Entry("list_errors", "GET", f"{_WORKFLOWS}/errors", "instances", "workflows:read", "read"),
    Entry("create_subscription", "POST", _SUBSCRIPTIONS, "webhooks", "webhooks:write", "write"),
    Entry("list_subscriptions", "GET", _SUBSCRIPTIONS, "webhooks", "webhooks:read", "read"),
    Entry("list_event_types", "GET", f"{API}/webhooks/event-types", "webhooks", "webhooks:read", "read"),
    Entry("get_subscription", "GET", _SUBSCRIPTION, "webhooks", "webhooks:read", "read"),
    Entry("update_subscription", "PATCH", _SUBSCRIPTION, "webhooks", "webhooks:write", "write"),
    Entry("delete_subscription", "DELETE", _SUBSCRIPTION, "webhooks", "webhooks:write", "write"),
    Entry("enable_subscription", "POST", f"{_SUBSCRIPTION}/enable", "webhooks", "webhooks:write", "write"),
    Entry("disable_subscription", "POST", f"{_SUBSCRIPTION}/disable", "webhooks", "webhooks:write", "write"),
    Entry("rotate_secret", "POST", f"{_SUBSCRIPTION}/rotate-secret", "webhooks", "webhooks:write", "write"),
    Entry("test_subscription", "POST", f"{_SUBSCRIPTION}/test", "webhooks", "webhooks:write", "write"),
    Entry("replay_deliveries", "POST", f"{_SUBSCRIPTION}/replay", "webhooks", "webhooks:write", "write"),
    Entry("list_deliveries", "GET", f"{_SUBSCRIPTION}/deliveries", "webhooks", "webhooks:read", "read"),
    Entry("get_delivery", "GET", _DELIVERY, "webhooks", "webhooks:read", "read"),
    Entry("replay_delivery", "POST", f"{_DELIVERY}/replay", "webhooks", "webhooks:write", "write"),
    Entry("list_tasks", "GET", _TASKS, "tasks", "tasks:read", "read"),
    Entry("count_tasks", "GET", f"{_TASKS}/count", "tasks", "tasks:read", "read"),
    Entry("get_task", "GET", _TASK, "tasks", "tasks:read", "read"),
    Entry("get_task_history", "GET", f"{_TASK}/history", "tasks", "tasks:read", "read"),
    Entry("respond_to_task", "POST", f"{_TASK}/respond", "tasks", "tasks:respond", "write", function="act_on_task"),
    Entry("claim_task", "POST", f"{_TASK}/claim", "tasks", "tasks:respond", "write", function="act_on_task"),
    Entry("release_task", "POST", f"{_TASK}/release", "tasks", "tasks:respond", "write", function="act_on_task"),
    Entry("reassign_task", "POST", f"{_TASK}/reassign", "tasks", "tasks:respond", "write", function="act_on_task"),
    Entry("ask_about_task", "POST", f"{_TASK}/ask", "tasks", "tasks:respond", "write", function="act_on_task"),
    Entry("answer_about_task", "POST", f"{_TASK}/answer", "tasks", "tasks:respond", "write", function="act_on_task"),
    Entry("comment_on_task", "POST", f"{_TASK}/comment", "tasks", "tasks:respond", "write", function="act_on_task"),
    Entry("remind_of_task", "POST", f"{_TASK}/remind", "tasks", "tasks:respond", "write", function="act_on_task"),
    Entry("escalate_task", "POST", f"{_TASK}/escalate", "tasks", "tasks:manage", "write", function="manage_task"),
    Entry("override_task", "POST", f"{_TASK}/override", "tasks", "tasks:manage", "write", function="manage_task"),
    Entry("respond_to_tasks", "POST", f"{_TASKS}/respond", "tasks", "tasks:respond", "write"),
    Entry("put_group", "PUT", _GROUP, "people", "tasks:manage", "write"),
    Entry("list_groups", "GET", f"{API}/groups", "people", "tasks:manage", "read"),
    Entry("get_group", "GET", _GROUP, "people", "tasks:manage", "read"),
    Entry("delete_group", "DELETE", _GROUP, "people", "tasks:manage", "write"),
    Entry("put_person", "PUT", _PERSON, "people", "tasks:manage", "write"),
    Entry("put_away", "PUT", f"{_PERSON}/away", "people", "tasks:respond", "write"),
    Entry("get_person", "GET", _PERSON, "people", "tasks:read", "read"),
    Entry("delete_away", "DELETE", f"{_PERSON}/away", "people", "tasks:respond", "write", function="put_away"),
    Entry("delete_person", "DELETE", _PERSON, "people", "tasks:manage", "write"),
    Entry("get_schema", "GET", f"{API}/schemas/workflow-definition.json", "api", None, None),
    Entry("get_openapi_json", "GET", f"{API}/openapi.json", "api", None, None, function="get_openapi"),
    Entry("get_openapi_yaml", "GET", f"{API}/openapi.yaml", "api", None, None, function="get_openapi"),
    Entry("get_docs", "GET", f"{API}/docs", "api", None, None, function="get_openapi"),
)  # fmt: skip
