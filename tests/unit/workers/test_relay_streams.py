"""The relay makes messages as they are sent, and sets aside what it could not send."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from interactor.aws.queues import _batches
from interactor.workers import relay

EVENTS = 500


class Refusing:
    """A queue that refuses the messages of one record, at the second of them."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send_all(self, messages: Iterable[Any]) -> None:
        """Take messages one by one."""
        for message in messages:
            if message == ("bad", 1):
                raise RuntimeError("refused")
            self.sent.append(message)


def test_a_record_whose_sending_failed_is_set_aside_and_the_others_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    queue, aside = Refusing(), []
    retry = SimpleNamespace(send=lambda key, group: aside.append((key, group)))
    parts = SimpleNamespace(webhooks=SimpleNamespace(queue=queue, relay_retry_queue=retry))
    parts.mails = SimpleNamespace(queue=None)
    monkeypatch.setattr(relay, "services", lambda: parts)
    monkeypatch.setattr(relay, "_relay", lambda parts: None)
    monkeypatch.setattr(relay, "emit", lambda records: None)

    def relayed(parts: Any, made_by: Any, item: Any) -> Any:
        return relay._Relayed(lambda: ((item["name"]["S"], number) for number in range(3)), [])

    monkeypatch.setattr(relay, "_relayed", relayed)
    names = ["first", "bad", "last"]
    records = [
        {"dynamodb": {"Keys": {"pk": {"S": name}, "sk": {"S": relay.keys.HISTORY}}, "NewImage": {"name": {"S": name}}}}
        for name in names
    ]
    assert relay.relay_stream({"Records": records}) == {"batchItemFailures": []}
    assert aside == [({"pk": "bad", "sk": relay.keys.HISTORY}, "relay")]
    assert {("last", 2), ("first", 2)} <= set(queue.sent)


def test_a_task_is_told_by_mail_where_mails_are_sent_and_set_aside_where_the_queue_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, aside, mails = [("task", 1)], [], Refusing()
    retry = SimpleNamespace(send=lambda key, group: aside.append(key))
    parts = SimpleNamespace(webhooks=SimpleNamespace(queue=Refusing(), relay_retry_queue=retry))
    parts.mails = SimpleNamespace(queue=mails)
    monkeypatch.setattr(relay, "services", lambda: parts)
    monkeypatch.setattr(relay, "_relay", lambda parts: None)
    monkeypatch.setattr(relay, "emit", lambda records: None)
    monkeypatch.setattr(relay, "_relayed", lambda *_: relay._Relayed(lambda: [], [], tuple(made)))
    key = {"pk": {"S": "A#acc#I#inst"}, "sk": {"S": relay.keys.HISTORY}}
    batch = {"Records": [{"dynamodb": {"Keys": key, "NewImage": {}}}]}

    assert relay.relay_stream(batch) == {"batchItemFailures": []}
    assert (mails.sent, aside) == ([("task", 1)], [])
    made[:] = [("bad", 1)]
    assert relay.relay_stream(batch) == {"batchItemFailures": []}
    assert len(aside) == 1


def test_messages_are_made_as_they_are_sent() -> None:
    made = 0

    def messages() -> Any:
        nonlocal made
        for _ in range(EVENTS):
            made += 1
            yield {"body": "😀" * 15_000}, "group", 0

    batches = _batches(messages())
    next(batches)
    assert made <= 11, "one call's messages and the one that no longer fits"
    assert made + sum(len(batch) for batch in batches) >= EVENTS
