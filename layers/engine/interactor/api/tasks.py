"""What the endpoints of tasks share: finding one, acting at it, answering it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from interactor.api import bodies, idempotency, task_views
from interactor.api.response import Response
from interactor.core import ids, jsons
from interactor.core.errors import InteractorError, NotFoundError, TaskNotFoundError
from interactor.core.storing import IdempotencyRecord
from interactor.instances.engine import Cause
from interactor.instances.rules.task_acts import Given
from interactor.tasks import acts, find, responses, story
from interactor.tasks.acts import Wish
from interactor.tasks.responses import Asking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interactor.access.rules.principal import Principal
    from interactor.api.call import Call
    from interactor.core.jsons import Json, JsonObject
    from interactor.core.storing import Item
    from interactor.instances.rules.consequences import Settled
    from interactor.instances.rules.stored import Head, Record
    from interactor.instances.rules.task_acts import Via
    from interactor.tasks.rules.rights import Rights


@dataclass(frozen=True)
class RememberedTask:
    """The write that remembers an act at a task under the request's idempotency key (``Remember``)."""

    call: Call
    key: idempotency.Key
    task: str

    def __call__(self, settled: Settled, _: Sequence[Record]) -> Item:
        """The write; the answer itself is remembered when it is known."""
        ends = self.call.services.world.now() + idempotency.OPEN
        body = jsons.dumps({"data": {"id": self.task}})
        return self.key.write(IdempotencyRecord(self.key.key.request, 200, body, settled.instance.id, ends))


def head_of(call: Call) -> tuple[Head, int]:
    """The instance of the task that the path names, and the task's number in it.

    Raises:
        TaskNotFoundError: when the caller may know of none.
    """
    parts = call.services.instances
    return find.head_of(parts.store, call.principal, call.parameter("task_id"), parts.ended_since())


def acted(call: Call, name: str) -> Response:
    """Do one act at a task, and answer the task as it then stands."""
    if name != "respond" and name not in acts.ACTS:
        raise NotFoundError(f"There is no act '{name[:40]}'; a task takes respond, {', '.join(acts.ACTS)}")
    task = call.parameter("task_id")
    head, number = head_of(call)

    def work(key: idempotency.Key | None) -> Response:
        remember = None if key is None else RememberedTask(call, key, task)
        cause = Cause(call.principal.by, remember)
        asking = Asking(call.principal, call.principal.via)
        tasks = call.services.tasks.tasks
        if name == "respond":
            after = responses.respond(tasks, asking, head, number, _given(call), cause)
        else:
            after = acts.do(tasks, asking, head, number, name, _wish(call, name), cause)
        return Response(200, jsons.dumps({"data": shown(call, after, number, acted=True)}))

    return idempotency.once(call, head.instance.namespace, work)


def shown(call: Call, head: Head, number: int, whole: bool = False, acted: bool = False) -> JsonObject:
    """A task as it stands; ``whole``: with what people said; ``acted``: to somebody who has just done something at it.

    Raises:
        TaskNotFoundError: when it does not concern the caller.
    """
    tasks, now = call.services.tasks.tasks, call.services.world.now()
    task = ids.task_id(head.instance.id, number)
    found = find.open_task(head.instance, number)
    if found is not None:
        rights = rights_at(call, found)
        if not acted:
            rights.require_concerned(found.asked, found.progress, task)
        told = _story(call, head, number, task) if whole else None
        return task_views.open_task(head.instance, found, rights, now, told)
    told = _story(call, head, number, task)
    if told is None or not (acted or tasks.concerned(told, call.principal)):
        raise TaskNotFoundError(task)
    return task_views.closed_task(head.instance, task, told)


def story_of(call: Call) -> story.Story:
    """What happened to the task that the path names.

    Raises:
        TaskNotFoundError: when it does not concern the caller.
    """
    head, number = head_of(call)
    task = ids.task_id(head.instance.id, number)
    told, found = _story(call, head, number, task), find.open_task(head.instance, number)
    if found is not None:
        rights_at(call, found).require_concerned(found.asked, found.progress, task)
    elif told is not None and not call.services.tasks.tasks.concerned(told, call.principal):
        raise TaskNotFoundError(task)
    if told is None:
        raise TaskNotFoundError(task)
    return told


def rights_at(call: Call, found: find.Open) -> Rights:
    """What the caller may do at a task now; the directory is asked where the task itself does not tell."""
    own = find.own_rights(call.principal)
    if own.complete:
        return own
    person = call.principal.person
    if person in (*found.asked.users, *(found.progress.users or ())) and found.progress.owner in (None, person):
        return own
    return find.rights_of(call.services.people.directory, call.principal, call.services.world.now())


def respond_to(call: Call, principal: Principal, via: Via, head: Head, number: int, given: Given) -> Head:
    """Take a response that comes in some other way than by the task's own path."""
    return responses.respond(
        call.services.tasks.tasks, Asking(principal, via), head, number, given, Cause(principal.by)
    )


def bulk(call: Call) -> Response:
    """Respond to several tasks with one input: a commit each, and a result each."""
    body = bodies.read(bodies.RespondToTasks, call.request, bodies.RAW_INPUT_BYTES)

    def work(_: idempotency.Key | None) -> Response:
        results = [_result(call, task, body) for task in dict.fromkeys(body.tasks)]
        return Response(200, jsons.dumps({"data": {"results": results}}))

    return idempotency.once(call, "", work)


def _result(call: Call, task: str, body: bodies.RespondToTasks) -> JsonObject:
    parts = call.services.instances
    try:
        head, number = find.head_of(parts.store, call.principal, task, parts.ended_since())
        after = respond_to(call, call.principal, "bulk", head, number, _answer(body, call.principal.by))
        return {"id": task, "status": 200, "task": shown(call, after, number, acted=True)}
    except InteractorError as error:
        told = {"code": error.code, "message": error.message, "details": error.details}
        return {"id": task, "status": error.status, "error": told}


def _story(call: Call, head: Head, number: int, task: str) -> story.Story | None:
    instance = head.instance
    return story.read(call.services.instances.store, instance.account, instance.id, number, task)


def _given(call: Call) -> Given:
    return _answer(bodies.read(bodies.RespondToTask, call.request, bodies.RAW_INPUT_BYTES), call.principal.by)


def _answer(body: bodies.RespondToTask | bodies.RespondToTasks, by: Json) -> Given:
    option = body.selected_option if body.selected_option is not None else body.choice
    seen = body.seen if isinstance(body, bodies.RespondToTask) else None
    return Given(body.input, option, body.comment, responses.fingerprint(body.input, option, by), seen)


def _wish(call: Call, name: str) -> Wish:
    request = call.request
    match name:
        case "reassign":
            handed = bodies.read(bodies.ReassignTask, request)
            return Wish(to=handed.to, source=handed.from_, text=handed.comment)
        case "ask":
            asked = bodies.read(bodies.AskAboutTask, request)
            return Wish(text=asked.question, of=asked.of)
        case "answer":
            answer = bodies.read(bodies.AnswerAboutTask, request)
            return Wish(text=answer.answer, question=answer.question)
        case "comment":
            said = bodies.read(bodies.CommentOnTask, request)
            return Wish(text=said.text)
        case "override":
            over = bodies.read(bodies.OverrideTask, request, bodies.RAW_INPUT_BYTES)
            option = over.selected_option if over.selected_option is not None else over.choice
            return Wish(
                text=over.reason,
                given=Given(over.input, option, None, responses.fingerprint(over.input, option, call.principal.by)),
            )
    request.nothing()
    return Wish()
