"""Running workflows: instances, their threads, and what happened."""

import mimetypes
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from interactor_client.calls import Calls, given, path_of
from interactor_client.models import Diagram, Event, Failure, Halted, Instance, ListedInstance, PictureFormat, Thread

ENDED: Final = frozenset({"completed", "failed", "cancelled"})
FIRST_POLL_SECONDS: Final = 0.2
SLOWEST_POLL_SECONDS: Final = 5.0


class Instances(Calls):
    """The calls about instances. ``actor`` names the person for whom the client acts; the history keeps it."""

    _sleep: Callable[[float], None]
    _clock: Callable[[], float]

    def create_instance(
        self,
        workflow: str,
        input: Mapping[str, Any] | None = None,
        *,
        namespace: str | None = None,
        idempotency_key: str | None = None,
        actor: str | None = None,
    ) -> Instance:
        """Start an instance; ``input`` is at most 64 KB as JSON."""
        body = {"input": dict(input or {}), **given(namespace=namespace)}
        return cast(Instance, self._post(path_of("workflows", workflow, "instances"), body, idempotency_key, actor))

    def get_instance(self, instance_id: str) -> Instance:
        """An instance as it stands."""
        return cast(Instance, self._get(_instance(instance_id)))

    def list_instances(
        self,
        *,
        namespace: str | None = None,
        workflow_name: str | None = None,
        status: str | None = None,
        limit: int | None = None,
    ) -> Iterator[ListedInstance]:
        """Instances, newest first: one request for each page that is read on to; ``limit`` is the size of a page."""
        query = {"namespace": namespace, "workflow_name": workflow_name, "status": status, "limit": limit}
        return cast(Iterator[ListedInstance], self._pages("/workflows/instances", "instances", query))

    def resume(
        self,
        instance: Instance | str,
        input: Mapping[str, Any] | None = None,
        *,
        choice: str | None = None,
        halt_id: str | None = None,
        thread_id: str | None = None,
        expected_state: str | None = None,
        idempotency_key: str | None = None,
        actor: str | None = None,
    ) -> Instance:
        """Take a halted instance on with a decision about one halt; where that halt is over, it is refused.

        Args:
            instance: as it was shown to whoever decides: its ``halt_id`` goes along. Of an id alone the instance is
                read first, and the halt is the present one, whatever was shown; with an ``idempotency_key`` of the
                caller's it is not read, so that the same call is the same request again.
            input: the fields of the form, as the person filled them in; a form is not answered without it.
            choice: the key of the option that was taken, where there are options.
            halt_id: the halt that was shown, where only ids were kept.
            thread_id: which thread, where several are halted and no ``halt_id`` is given.
            expected_state: refused with ``concurrent_modification`` where the state is another.

        Raises:
            ValueError: the instance as it is given does not wait for an input, or in several threads.
        """
        instance_id = instance if isinstance(instance, str) else instance["id"]
        if halt_id is None and not isinstance(instance, str):
            halt_id = _shown_halt(instance, thread_id)
        elif halt_id is None and idempotency_key is None:
            halt_id = _halt(self.get_instance(instance_id), thread_id).get("halt_id")
        thread = "/resume" if thread_id is None else path_of("threads", thread_id, "resume")
        sent = None if input is None else dict(input)
        body = given(input=sent, choice=choice, halt_id=halt_id, expected_state=expected_state)
        return cast(Instance, self._post(_instance(instance_id) + thread, body, idempotency_key, actor))

    def upload_file(
        self,
        instance_id: str,
        field: str,
        name: str,
        content: bytes,
        *,
        content_type: str | None = None,
        thread_id: str | None = None,
        replaces: str | None = None,
        idempotency_key: str | None = None,
    ) -> str:
        """Send a file for a field of the form that an instance waits with; ``resume`` takes the id this answers.

        Args:
            content_type: guessed of the name unless it is given.
            thread_id: which thread, where several are halted.
            replaces: the id of a file of the field whose place this one takes.
        """
        guessed = content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        body = {"field": field, "name": name, "content_type": guessed, "size": len(content)}
        body |= given(thread_id=thread_id, replaces=replaces)
        upload = self._post(f"{_instance(instance_id)}/files", body, idempotency_key)
        self.transport.exchange("POST", upload["url"], data=upload["fields"], files={"file": ("file", content)})
        return str(upload["id"])

    def download_file(self, instance_id: str, file_id: str) -> bytes:
        """The contents of a file."""
        found = self._get(_instance(instance_id) + path_of("files", file_id))
        return self.transport.exchange("GET", found["url"])

    def cancel(self, instance_id: str, *, idempotency_key: str | None = None, actor: str | None = None) -> Instance:
        """End an instance with all its threads."""
        return self._change(instance_id, "cancel", idempotency_key, actor)

    def pause(self, instance_id: str, *, idempotency_key: str | None = None, actor: str | None = None) -> Instance:
        """Hold an instance: nothing new starts, what is in flight may finish."""
        return self._change(instance_id, "pause", idempotency_key, actor)

    def unpause(self, instance_id: str, *, idempotency_key: str | None = None, actor: str | None = None) -> Instance:
        """Let a paused instance go on."""
        return self._change(instance_id, "unpause", idempotency_key, actor)

    def retry(self, instance_id: str, *, idempotency_key: str | None = None, actor: str | None = None) -> Instance:
        """Take a failed instance on from its failed step."""
        return self._change(instance_id, "retry", idempotency_key, actor)

    def threads(self, instance_id: str) -> list[Thread]:
        """The threads of an instance."""
        return cast(list[Thread], self._get(f"{_instance(instance_id)}/threads")["threads"])

    def history(
        self,
        instance_id: str,
        *,
        types: str | None = None,
        since: str | None = None,
        until: str | None = None,
        thread: str | None = None,
        state: str | None = None,
        include_data: bool | None = None,
        limit: int | None = None,
    ) -> Iterator[Event]:
        """What happened, oldest first: one request for each page that is read on to.

        Args:
            types: some of ``transition step halt error lifecycle``, with commas between.
            since, until: ISO 8601 times.
            include_data: with ``workflow_data`` as it was after each event.
            limit: the size of a page.
        """
        query = given(types=types, since=since, until=until, thread=thread, state=state, limit=limit)
        if include_data is not None:
            query["include_data"] = str(include_data).lower()
        return cast(Iterator[Event], self._pages(f"{_instance(instance_id)}/history", "events", query))

    def get_event(self, instance_id: str, event_id: str, *, include_data: bool = False) -> Event:
        """One event; with ``workflow_data`` as it was after it where ``include_data`` says so."""
        query = {"include_data": "true"} if include_data else None
        return cast(Event, self._get(_instance(instance_id) + path_of("events", event_id), query))

    def instance_diagram(self, instance_id: str) -> Diagram:
        """A picture of the way an instance took, as SVG and as Mermaid."""
        return cast(Diagram, self._get(f"{_instance(instance_id)}/diagram"))

    def draw_instance(self, instance_id: str, form: PictureFormat = "svg") -> str:
        """One of the two, as a file would hold it."""
        return self._text(f"{_instance(instance_id)}/diagram", {"format": form})

    def list_errors(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        workflow_name: str | None = None,
        error_code: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Failure]:
        """The errors of all workflows, newest first."""
        query = given(since=since, until=until, workflow_name=workflow_name, error_code=error_code, limit=limit)
        return cast(Iterator[Failure], self._pages("/workflows/errors", "errors", query))

    def wait_for_completion(self, instance_id: str, timeout: float = 60.0, *, or_halt: bool = False) -> Instance:
        """The instance once it is completed, failed or cancelled, asking every 0.2 s and then more and more rarely.

        Args:
            timeout: seconds to wait at most.
            or_halt: also once it is halted, and waits for an input.

        Raises:
            TimeoutError: it had not ended after ``timeout`` seconds; the message says where it stood.
        """
        until, pause = self._clock() + timeout, FIRST_POLL_SECONDS
        while True:
            found = self.get_instance(instance_id)
            if found["status"] in ENDED or (or_halt and found["status"] == "halted"):
                return found
            if self._clock() + pause > until:
                where = f"{found['status']} in {found['current_state']}"
                raise TimeoutError(f"{instance_id} had not ended after {timeout:g} s; it is {where}")
            self._sleep(pause)
            pause = min(pause * 1.5, SLOWEST_POLL_SECONDS)

    def _change(self, instance_id: str, change: str, key: str | None, actor: str | None) -> Instance:
        return cast(Instance, self._post(f"{_instance(instance_id)}/{change}", None, key, actor))


def _halt(instance: Instance, thread_id: str | None) -> Halted:
    """What says of a halt what it is: the thread that is named, or the instance where one thread only is halted."""
    if thread_id is None:
        return instance
    found: list[Halted] = [thread for thread in instance["threads"] if thread["id"] == thread_id]
    return found[0] if found else {}


def _shown_halt(instance: Instance, thread_id: str | None) -> str:
    halt_id = _halt(instance, thread_id).get("halt_id")
    if halt_id is None:
        waiting = [thread["id"] for thread in instance["threads"] if thread["status"] == "halted"]
        told = f"name one of its halted threads: {', '.join(waiting)}" if waiting else "read it again"
        raise ValueError(
            f"{instance['id']}, as it is given, is not halted{f' in {thread_id}' if thread_id else ''}: {told}"
        )
    return halt_id


def _instance(instance_id: str) -> str:
    return path_of("workflows", "instances", instance_id)
