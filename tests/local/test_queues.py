"""A queue's batches: what hangs holds up nobody, and what a stop finds received is given back."""

import threading
import time

from local.queues import MOST_AT_ONCE, QueuePoller
from local.template import SourceMapping

MAPPING = SourceMapping("Work", "arn:aws:sqs:us-east-1:0:queue", 1, 30, True, (), 0, False, None)


class Queue:
    """A queue that hands out its messages once, and remembers which were deleted and given back."""

    def __init__(self, *bodies):
        self.waiting = [{"MessageId": body, "ReceiptHandle": body, "Body": body} for body in bodies]
        self.deleted, self.given_back = [], []
        self.changed = threading.Condition()
        self.on_receive = lambda: None

    def client(self, _service):
        return self

    def get_queue_url(self, QueueName):  # noqa: N803 - as boto3 calls it
        return {"QueueUrl": QueueName}

    def receive_message(self, MaxNumberOfMessages, **_):  # noqa: N803
        self.on_receive()
        with self.changed:
            self.changed.wait_for(lambda: self.waiting, 0.01)
            found, self.waiting = self.waiting[:MaxNumberOfMessages], self.waiting[MaxNumberOfMessages:]
        return {"Messages": found}

    def delete_message_batch(self, Entries, **_):  # noqa: N803
        with self.changed:
            self.deleted += [entry["ReceiptHandle"] for entry in Entries]
            self.changed.notify_all()

    def change_message_visibility(self, ReceiptHandle, VisibilityTimeout, **_):  # noqa: N803
        self.given_back.append((ReceiptHandle, VisibilityTimeout))


class Functions:
    """Work that returns at once, but for messages that hang until they are let go."""

    def __init__(self):
        self.go = threading.Event()
        self.most = self.now = 0
        self.lock = threading.Lock()

    def invoke(self, _name, event):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        if event["Records"][0]["body"].startswith("hang"):
            self.go.wait(20)
        with self.lock:
            self.now -= 1


def test_batches_that_hang_make_room_for_others_up_to_the_concurrency_of_the_mapping(monkeypatch):
    monkeypatch.setattr("local.queues._SLOW_SECONDS", 0.02)
    hanging = [f"hang {n}" for n in range(25)]
    queue, functions = Queue(*hanging, "good"), Functions()
    poller = QueuePoller(MAPPING, queue, functions)
    poller.start()
    with queue.changed:
        assert queue.changed.wait_for(lambda: queue.deleted == ["good"], 10)
        queue.waiting += [
            {"MessageId": f"hang {n}", "ReceiptHandle": f"hang {n}", "Body": f"hang {n}"} for n in range(9)
        ]
        assert not queue.changed.wait_for(lambda: functions.most > MAPPING.concurrency, 0.3)
    assert functions.most > MOST_AT_ONCE
    functions.go.set()
    poller.ask_to_stop()
    assert poller.wait(time.monotonic() + 10)
    assert {"good", *hanging} <= set(queue.deleted)


def test_what_is_received_while_it_stops_is_given_back_at_once():
    queue = Queue("late 1", "late 2")
    poller = QueuePoller(MAPPING, queue, Functions())
    queue.on_receive = poller.ask_to_stop
    poller.start()
    assert poller.wait(time.monotonic() + 10)
    assert queue.given_back == [("late 1", 0), ("late 2", 0)]
    assert queue.deleted == []
