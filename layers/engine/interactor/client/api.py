"""The calls of the API as methods: what goes in and comes out is what its documentation says."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import quote

from interactor.client.models import Event, Instance, ListedInstance, Subscription, Thread, Verdict, Version
from interactor.client.transport import Transport

ENDED: Final = frozenset({"completed", "failed", "cancelled"})
FIRST_POLL_SECONDS: Final = 0.2
SLOWEST_POLL_SECONDS: Final = 5.0


class Client:
    """The API for one client id. Arguments as of ``Transport``; not to be shared between OS threads.

    All methods raise ``ApiError`` and ``ConnectionLostError``. Those that make or change something take an
    ``idempotency_key``: make it of what the call is about (``order_123_approval``), and a program that starts anew
    and calls again changes nothing twice.
    """

    def __init__(self, url: str, client_id: str, client_secret: str, **options: Any) -> None:
        self._sleep, self._clock = options.get("sleep", time.sleep), options.get("clock", time.monotonic)
        self.transport = Transport(url, client_id, client_secret, **options)

    # Workflows

    def validate(self, definition: Mapping[str, Any]) -> Verdict:
        """All errors and warnings of a definition."""
        return cast(Verdict, self.transport.call("POST", "/workflows/validate", definition))

    def create_workflow(self, definition: Mapping[str, Any], idempotency_key: str | None = None) -> Version:
        """Make a workflow; its first version is a draft."""
        return cast(Version, self._post("/workflows", definition, idempotency_key))

    def create_version(self, definition: Mapping[str, Any], idempotency_key: str | None = None) -> Version:
        """Make the next draft version of the workflow that the definition names."""
        return cast(
            Version, self._post(_path("workflows", definition["name"], "versions"), definition, idempotency_key)
        )

    def publish(self, name: str, version_id: str) -> Version:
        """Make a version the one that new instances run."""
        return cast(Version, self._post(_path("workflows", name, "versions", version_id, "publish"), None, None))

    # Instances

    def create_instance(
        self,
        workflow: str,
        given: Mapping[str, Any] | None = None,
        *,
        namespace: str | None = None,
        idempotency_key: str | None = None,
        actor: str | None = None,
    ) -> Instance:
        """Start an instance with an input."""
        body: dict[str, Any] = {"input": dict(given or {})} | ({} if namespace is None else {"namespace": namespace})
        return cast(Instance, self._post(_path("workflows", workflow, "instances"), body, idempotency_key, actor))

    def get_instance(self, instance_id: str) -> Instance:
        """An instance as it stands."""
        return cast(Instance, self.transport.call("GET", _instance(instance_id)))

    def list_instances(
        self, *, namespace: str | None = None, workflow_name: str | None = None, status: str | None = None
    ) -> Iterator[ListedInstance]:
        """Instances, newest first: one request for each page that is read on to."""
        query = {"namespace": namespace, "workflow_name": workflow_name, "status": status}
        return cast(Iterator[ListedInstance], self._pages("/workflows/instances", "instances", query))

    def resume(
        self,
        instance_id: str,
        given: Mapping[str, Any] | None = None,
        *,
        thread_id: str | None = None,
        expected_state: str | None = None,
        idempotency_key: str | None = None,
        actor: str | None = None,
    ) -> Instance:
        """Take a halted instance on with a decision; ``thread_id`` says which thread where several are halted."""
        thread = "/resume" if thread_id is None else _path("threads", thread_id, "resume")
        body = {"input": dict(given or {})} | ({} if expected_state is None else {"expected_state": expected_state})
        return cast(Instance, self._post(_instance(instance_id) + thread, body, idempotency_key, actor))

    def cancel(self, instance_id: str, *, actor: str | None = None) -> Instance:
        """End an instance."""
        return cast(Instance, self._post(f"{_instance(instance_id)}/cancel", None, None, actor))

    def threads(self, instance_id: str) -> list[Thread]:
        """The threads of an instance."""
        return cast(list[Thread], self.transport.call("GET", f"{_instance(instance_id)}/threads")["threads"])

    def history(self, instance_id: str, **filters: Any) -> Iterator[Event]:
        """What happened, oldest first. ``filters``: ``types since until thread state include_data limit``."""
        return cast(Iterator[Event], self._pages(f"{_instance(instance_id)}/history", "events", filters))

    def wait_for_completion(self, instance_id: str, timeout: float = 60.0) -> Instance:
        """The instance once it is completed, failed or cancelled, asking every 0.2 s and then more and more rarely.

        Raises:
            TimeoutError: it had not ended after ``timeout`` seconds; the message says where it stood.
        """
        until, pause = self._clock() + timeout, FIRST_POLL_SECONDS
        while True:
            found = self.get_instance(instance_id)
            if found["status"] in ENDED:
                return found
            if self._clock() + pause > until:
                where = f"{found['status']} in {found['current_state']}"
                raise TimeoutError(f"{instance_id} had not ended after {timeout:g} s; it is {where}")
            self._sleep(pause)
            pause = min(pause * 1.5, SLOWEST_POLL_SECONDS)

    # Webhooks

    def create_subscription(
        self,
        url: str,
        events: Sequence[str],
        *,
        secret: str | None = None,
        namespace_filter: str | None = None,
        idempotency_key: str | None = None,
    ) -> Subscription:
        """Have events sent to a URL. Without ``secret`` one is made and is in this answer only."""
        body = {"url": url, "events": list(events), "secret": secret, "namespace_filter": namespace_filter}
        sent = {name: value for name, value in body.items() if value is not None}
        return cast(Subscription, self._post("/webhooks/subscriptions", sent, idempotency_key))

    def list_subscriptions(self) -> Iterator[Subscription]:
        """The subscriptions, newest first."""
        return cast(Iterator[Subscription], self._pages("/webhooks/subscriptions", "subscriptions", {}))

    def delete_subscription(self, subscription_id: str) -> None:
        """End a subscription."""
        self.transport.call("DELETE", _path("webhooks", "subscriptions", subscription_id))

    def _post(self, path: str, body: Any, key: str | None, actor: str | None = None) -> Any:
        return self.transport.call("POST", path, body, idempotency_key=key, actor=actor)

    def _pages(self, path: str, name: str, query: Mapping[str, Any]) -> Iterator[Any]:
        cursor = None
        while True:
            page = self.transport.call("GET", path, query={**query, "cursor": cursor})
            yield from page[name]
            cursor = page["pagination"]["next_cursor"]
            if cursor is None:
                return


def _path(*parts: str) -> str:
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _instance(instance_id: str) -> str:
    return _path("workflows", "instances", instance_id)
