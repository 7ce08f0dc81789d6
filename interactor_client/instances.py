"""Running workflows: instances, their threads, and their history."""

import mimetypes
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from interactor_client.calls import Calls, given, path_of
from interactor_client.models import Diagram, Event, Failure, Halted, Instance, ListedInstance, PictureFormat, Thread

ENDED: Final = frozenset({"completed", "failed", "cancelled"})
FIRST_POLL_SECONDS: Final = 0.2
SLOWEST_POLL_SECONDS: Final = 5.0


class Instances(Calls):
    """The calls about instances. ``actor`` names the person for whom the client acts; the history stores it."""

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
        """Start an instance. ``input`` has at most 64 KB as JSON."""
        body = {"input": dict(input or {}), **given(namespace=namespace)}
        return cast(Instance, self._post(path_of("workflows", workflow, "instances"), body, idempotency_key, actor))

    def get_instance(self, instance_id: str) -> Instance:
        """Return an instance as it is now."""
        return cast(Instance, self._get(_instance(instance_id)))

    def list_instances(
        self,
        *,
        namespace: str | None = None,
        workflow_name: str | None = None,
        status: str | None = None,
        limit: int | None = None,
    ) -> Iterator[ListedInstance]:
        """Yield instances, newest first.

        Each page takes one request, when you read on to it; ``limit`` is the size of a page.
        """
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
        """Continue a halted instance with a decision about one halt. If that halt is over, the API refuses the
        decision.

        Args:
            instance: the instance as it was shown to the person who decides; its ``halt_id`` is sent. If you pass only
                an id, the instance is read first, and the decision is for the present halt, whatever was shown. With an
                id and your own ``idempotency_key`` it is not read, so that the same call is the same request again.
            input: the fields of the form, as the person filled them in; a form cannot be answered without it.
            choice: the key of the chosen option, if there are options.
            halt_id: the halt that was shown, if you stored only ids.
            thread_id: the thread, if several are halted and you give no ``halt_id``.
            expected_state: if the state is another one, the API refuses with ``concurrent_modification``.

        Raises:
            ValueError: the given instance does not wait for an input, or waits in several threads.
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
        """Send a file for a field of the form that an instance waits with. Return its id, for ``resume``.

        Args:
            content_type: guessed from the name unless you give it.
            thread_id: the thread, if several are halted.
            replaces: the id of a file of the field that this one replaces.
        """
        guessed = content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        body = {"field": field, "name": name, "content_type": guessed, "size": len(content)}
        body |= given(thread_id=thread_id, replaces=replaces)
        upload = self._post(f"{_instance(instance_id)}/files", body, idempotency_key)
        self.transport.exchange("POST", upload["url"], data=upload["fields"], files={"file": ("file", content)})
        return str(upload["id"])

    def download_file(self, instance_id: str, file_id: str) -> bytes:
        """Return the contents of a file."""
        found = self._get(_instance(instance_id) + path_of("files", file_id))
        return self.transport.exchange("GET", found["url"])

    def cancel(self, instance_id: str, *, idempotency_key: str | None = None, actor: str | None = None) -> Instance:
        """End an instance with all its threads."""
        return self._change(instance_id, "cancel", idempotency_key, actor)

    def pause(self, instance_id: str, *, idempotency_key: str | None = None, actor: str | None = None) -> Instance:
        """Pause an instance: nothing new starts, but actions that are under way may finish."""
        return self._change(instance_id, "pause", idempotency_key, actor)

    def unpause(self, instance_id: str, *, idempotency_key: str | None = None, actor: str | None = None) -> Instance:
        """Let a paused instance continue."""
        return self._change(instance_id, "unpause", idempotency_key, actor)

    def retry(self, instance_id: str, *, idempotency_key: str | None = None, actor: str | None = None) -> Instance:
        """Continue a failed instance from the step that failed."""
        return self._change(instance_id, "retry", idempotency_key, actor)

    def threads(self, instance_id: str) -> list[Thread]:
        """Return the threads of an instance."""
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
        """Yield what happened, oldest first. Each page takes one request, when you read on to it.

        Args:
            types: some of ``transition step halt error lifecycle``, separated by commas.
            since, until: ISO 8601 times.
            include_data: add ``workflow_data`` as it was after each event.
            limit: the size of a page.
        """
        query = given(types=types, since=since, until=until, thread=thread, state=state, limit=limit)
        if include_data is not None:
            query["include_data"] = str(include_data).lower()
        return cast(Iterator[Event], self._pages(f"{_instance(instance_id)}/history", "events", query))

    def get_event(self, instance_id: str, event_id: str, *, include_data: bool = False) -> Event:
        """Return one event. With ``include_data``, it has ``workflow_data`` as it was after the event."""
        query = {"include_data": "true"} if include_data else None
        return cast(Event, self._get(_instance(instance_id) + path_of("events", event_id), query))

    def instance_diagram(self, instance_id: str) -> Diagram:
        """Return a diagram of the way an instance took, as SVG and as Mermaid."""
        return cast(Diagram, self._get(f"{_instance(instance_id)}/diagram"))

    def draw_instance(self, instance_id: str, form: PictureFormat = "svg") -> str:
        """Return the diagram in one format, as the contents of a file."""
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
        """Yield the errors of all workflows, newest first."""
        query = given(since=since, until=until, workflow_name=workflow_name, error_code=error_code, limit=limit)
        return cast(Iterator[Failure], self._pages("/workflows/errors", "errors", query))

    def wait_for_completion(self, instance_id: str, timeout: float = 60.0, *, or_halt: bool = False) -> Instance:
        """Return the instance when it is completed, failed or cancelled. This asks every 0.2 s, and then less and less
        often.

        Args:
            timeout: seconds to wait at most.
            or_halt: also return it when it is halted and waits for an input.

        Raises:
            TimeoutError: it had not ended after ``timeout`` seconds; the message says in which state it was.
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
    """Return the part with the halt: the named thread, or the instance if only one thread is halted."""
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
