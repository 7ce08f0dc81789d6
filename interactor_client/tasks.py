"""Tasks: what people are asked, and what they do about it. ``actor`` is the person for whom the client acts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

from interactor_client.calls import Calls, path_of
from interactor_client.models import ListedTask, Task, TaskCounts, TaskHistory, TaskResults


class Tasks(Calls):
    """The calls about tasks. Each names the person for whom it is made, with that person's groups if they matter."""

    def list_tasks(
        self,
        *,
        actor: str | None = None,
        groups: Sequence[str] = (),
        view: str = "mine",
        namespace: str | None = None,
        workflow: str | None = None,
        state: str | None = None,
        priority: str | None = None,
        key: str | None = None,
        label: str | None = None,
        due_before: str | None = None,
        limit: int | None = None,
    ) -> Iterator[ListedTask]:
        """A person's tasks in one view, by due date; ``label`` is written ``name:value``."""
        query = {
            "view": view,
            "namespace": namespace,
            "workflow": workflow,
            "state": state,
            "priority": priority,
            "key": key,
            "label": label,
            "due_before": due_before,
            "limit": limit,
        }
        return cast(Iterator[ListedTask], self._pages("/tasks", "tasks", query, _person(actor, groups)))

    def count_tasks(self, *, actor: str | None = None, groups: Sequence[str] = ()) -> TaskCounts:
        """How many tasks a person has in each view."""
        return cast(TaskCounts, self._asked("GET", "/tasks/count", actor, groups))

    def get_task(self, task_id: str, *, actor: str | None = None, groups: Sequence[str] = ()) -> Task:
        """One task, open or closed."""
        return cast(Task, self._asked("GET", _task(task_id), actor, groups))

    def task_history(self, task_id: str, *, actor: str | None = None, groups: Sequence[str] = ()) -> TaskHistory:
        """What happened to a task, oldest first."""
        return cast(TaskHistory, self._asked("GET", f"{_task(task_id)}/history", actor, groups))

    def respond(
        self,
        task: Mapping[str, Any],
        input: Mapping[str, Any] | None = None,
        *,
        actor: str,
        groups: Sequence[str] = (),
        selected_option: str | None = None,
        comment: str | None = None,
        idempotency_key: str | None = None,
    ) -> Task:
        """Respond to a task as it was read: it is refused where the task shows something else by now."""
        body = {
            "input": input,
            "selected_option": selected_option,
            "comment": comment,
            "seen": task.get("shown"),
        }
        return self._act(task["id"], "respond", body, actor, groups, idempotency_key)

    def respond_to_tasks(
        self,
        task_ids: Sequence[str],
        input: Mapping[str, Any] | None = None,
        *,
        actor: str,
        groups: Sequence[str] = (),
        selected_option: str | None = None,
        comment: str | None = None,
    ) -> TaskResults:
        """Give one response to up to 25 tasks; each has a result of its own."""
        body = {"tasks": list(task_ids), "input": input, "selected_option": selected_option, "comment": comment}
        return cast(TaskResults, self._asked("POST", "/tasks/respond", actor, groups, _kept(body)))

    def claim_task(self, task_id: str, *, actor: str, groups: Sequence[str] = ()) -> Task:
        """Claim a task, so that nobody else finds it."""
        return self._act(task_id, "claim", {}, actor, groups)

    def release_task(self, task_id: str, *, actor: str | None = None, groups: Sequence[str] = ()) -> Task:
        """Give a claimed task back."""
        return self._act(task_id, "release", {}, actor, groups)

    def reassign_task(
        self,
        task_id: str,
        to: str,
        *,
        source: str | None = None,
        comment: str | None = None,
        actor: str | None = None,
        groups: Sequence[str] = (),
    ) -> Task:
        """Hand a task over; ``source`` is whose slot it is, for managers."""
        return self._act(task_id, "reassign", {"to": to, "from": source, "comment": comment}, actor, groups)

    def ask(
        self,
        task_id: str,
        question: str,
        *,
        of: str | None = None,
        actor: str | None = None,
        groups: Sequence[str] = (),
    ) -> Task:
        """Ask a question about a task."""
        return self._act(task_id, "ask", {"question": question, "of": of}, actor, groups)

    def answer(
        self, task_id: str, question: int, answer: str, *, actor: str | None = None, groups: Sequence[str] = ()
    ) -> Task:
        """Answer a question by its id."""
        return self._act(task_id, "answer", {"question": question, "answer": answer}, actor, groups)

    def comment(self, task_id: str, text: str, *, actor: str | None = None, groups: Sequence[str] = ()) -> Task:
        """Comment on a task."""
        return self._act(task_id, "comment", {"text": text}, actor, groups)

    def remind(self, task_id: str, *, actor: str | None = None, groups: Sequence[str] = ()) -> Task:
        """Remind those who are asked."""
        return self._act(task_id, "remind", {}, actor, groups)

    def escalate(self, task_id: str, *, actor: str | None = None) -> Task:
        """Do what the next level of the escalation says, now."""
        return self._act(task_id, "escalate", {}, actor, ())

    def override(
        self,
        task_id: str,
        input: Mapping[str, Any] | None,
        reason: str,
        *,
        selected_option: str | None = None,
        actor: str | None = None,
    ) -> Task:
        """Decide a task in others' place."""
        body = {"input": input, "reason": reason, "selected_option": selected_option}
        return self._act(task_id, "override", body, actor, ())

    def _act(
        self,
        task_id: str,
        act: str,
        body: Mapping[str, Any],
        actor: str | None,
        groups: Sequence[str],
        key: str | None = None,
    ) -> Task:
        path = f"{_task(task_id)}/{act}"
        return cast(Task, self._asked("POST", path, actor, groups, _kept(body), key))

    def _asked(
        self,
        method: str,
        path: str,
        actor: str | None,
        groups: Sequence[str],
        body: Any = None,
        key: str | None = None,
    ) -> Any:
        return self.transport.call(method, path, body, idempotency_key=key, headers=_person(actor, groups))


def _task(task_id: str) -> str:
    return path_of("tasks", task_id)


def _kept(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _person(actor: str | None, groups: Sequence[str]) -> dict[str, str]:
    """The headers that name a person, and the groups of that person."""
    headers = {} if actor is None else {"X-Interactor-Actor": quote(actor, safe="")}
    return headers | ({"X-Interactor-Groups": ",".join(quote(each, safe="") for each in groups)} if groups else {})
