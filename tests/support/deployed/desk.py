"""People at a deployment, who act at tasks through its handlers."""

from typing import Any

from interactor.core.times import iso
from tests.support.deployed.deployment import ACCOUNT, Answer, Deployment

FORM = {
    "type": "form",
    "title": "Approve",
    "fields": [{"name": "approved", "type": "boolean", "label": "Approved", "required": True}],
}
WAYS = [
    {"target": "yes", "condition": {"field": "approved", "equals": True}},
    {"target": "no", "condition": {"field": "approved", "equals": False}},
]
ENDS = {name: {"type": "terminal"} for name in ("yes", "no", "expired")}
MANAGER = ("tasks:manage", "workflows:read", "workflows:execute")
PEOPLE = ["ann", "bo", "cy", "di", "ed"]


def state(presentation: Any = None, **assignment: Any) -> Any:
    """A state that waits for people."""
    return {
        "type": "halting",
        "presentation": presentation or FORM,
        "transitions": WAYS,
        "assignment": assignment,
    }


def flow(**assignment: Any) -> Any:
    """A workflow of one such state."""
    return of_states(review=state(**assignment))


def of_states(**states: Any) -> Any:
    """A workflow of these states."""
    return {"name": "flow", "title": "Flow", "initial_state": next(iter(states)), "states": {**states, **ENDS}}


class Desk:
    """People at a deployment, each by their name."""

    def __init__(self, deployment: Deployment) -> None:
        self.api = deployment

    def call(self, person: str | None, method: str, path: str, body: Any = None, **rest: Any) -> Answer:
        """Send a request for a person."""
        headers = dict(rest.pop("headers", {}))
        groups = rest.pop("groups", ())
        if person is not None:
            headers["x-interactor-actor"] = person
        if groups:
            headers["x-interactor-groups"] = ",".join(groups)
        return self.api.call(method, path, body, headers=headers, **rest)

    def begin(self, definition: Any, given: Any = None, person: str | None = "starter", **rest: Any) -> Any:
        """Define a workflow, and start an instance."""
        self.api.define(definition)
        body = {"namespace": rest.pop("namespace", "user_123"), "input": given or {}}
        made = self.call(person, "POST", f"/workflows/{definition['name']}/instances", body, **rest)
        assert made.status == 201, made.raw
        return made.data

    def task(self, instance: Any, thread: int = 0) -> str:
        """The id of the instance's task, by the order in which they were opened."""
        created = [each for each in self.api.events_of(instance["id"]) if each["subtype"] == "created"]
        found: str = [each["task_id"] for each in created if each["type"] == "task"][thread]
        return found

    def opened(self, given: Any = None, **assignment: Any) -> tuple[Any, str]:
        """An instance with one task."""
        instance = self.begin(flow(**assignment), given)
        return instance, self.task(instance)

    def act(self, person: str | None, task: str, action: str, body: Any = None, **rest: Any) -> Answer:
        """Do something at a task."""
        return self.call(person, "POST", f"/tasks/{task}/{action}", body, **rest)

    def respond(self, person: str, task: str, approved: bool = True, **rest: Any) -> Answer:
        """Answer a task."""
        body = {"input": {"approved": approved}, **rest.pop("more", {})}
        return self.act(person, task, "respond", body, **rest)

    def manage(self, task: str, action: str, body: Any = None, person: str = "manager") -> Answer:
        """Do something as a manager."""
        return self.act(person, task, action, body, token=self.api.token(scopes=MANAGER))

    def ids(self, person: str, view: str = "mine", **rest: Any) -> list[str]:
        """The tasks in a list of a person."""
        return [each["id"] for each in self.call(person, "GET", f"/tasks?view={view}", **rest).data["tasks"]]

    def told(self, instance: Any) -> list[str]:
        """What happened to tasks of the instance."""
        return [each["subtype"] for each in self.api.events_of(instance["id"]) if each["type"] == "task"]

    def events(self, instance: Any, subtype: str) -> list[Any]:
        """Events of one kind."""
        return [
            each for each in self.api.events_of(instance["id"]) if each["type"] == "task" and each["subtype"] == subtype
        ]

    def decision(self, instance: Any, name: str = "review") -> Any:
        """What the data says was decided."""
        return self.api.get(instance["id"])["workflow_data"]["decisions"][name]

    def current(self, instance: Any) -> str:
        """The state where the instance is."""
        found: str = self.api.get(instance["id"])["current_state"]
        return found

    def group(self, name: str, *members: str) -> None:
        """Make a group of the directory."""
        assert self.api.call("PUT", f"/groups/{name}", {"members": list(members)}).status in (200, 201)

    def away(self, person: str, since: int, until: int, substitute: str) -> None:
        """Let a person be away."""
        body = {"from": iso(since), "until": iso(until), "substitute": substitute}
        assert self.api.call("PUT", f"/people/{person}/away", body).status in (200, 201)

    def entries(self) -> list[Any]:
        """Everything that stands in inboxes."""
        kinds = ("O#", "C#", "W#", "Q#")
        heads = (f"A#{ACCOUNT}#TU#", f"A#{ACCOUNT}#TG#")
        return [
            item for item in self.api.items() if item["pk"]["S"].startswith(heads) and item["sk"]["S"].startswith(kinds)
        ]
