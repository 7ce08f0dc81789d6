"""What the endpoints of tasks share: finding one, acting at it, answering it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from interactor.api import bodies, idempotency
from interactor.api.response import Response
from interactor.api.task_reading import head_of, shown
from interactor.core import jsons
from interactor.core.errors import InteractorError, NotFoundError
from interactor.core.storing import IdempotencyRecord
from interactor.instances.engine import Cause
from interactor.instances.rules.task_acts import Given
from interactor.tasks import acts, find, responses
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
