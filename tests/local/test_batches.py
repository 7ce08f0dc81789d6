"""How stream records are retried, split and given up, and how queue answers are read."""

import json
import threading

import pytest

from local.batches import Batches
from local.queues import failed_ids
from local.template import Function, SourceMapping

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/T/stream/x"


class _Scripted:
    """Stands for the loaded functions: fails for the records named, and keeps what it was called with."""

    def __init__(self, poison=(), answers=()):
        self.poison, self.answers, self.calls = poison, list(answers), []

    def invoke(self, _name, event):
        numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        self.calls.append(numbers)
        if set(numbers) & set(self.poison):
            raise RuntimeError("poison")
        return self.answers.pop(0) if self.answers else None


def _batches(scripted, sent, **settings):
    values = {"retries": 0, "bisect": False, "report_failures": False, "batch_size": 10, **settings}
    mapping = SourceMapping("F", ARN, concurrency=1, filters=(), failure_destination="arn:aws:sqs:r:a:q", **values)
    function = Function("F", "F", "arn:f", ".", "app.handler", 3, 128, {})
    stopping = threading.Event()
    return Batches(mapping, function, scripted, lambda arn, text: sent.append((arn, json.loads(text))), stopping)


def _records(count):
    return [{"eventSourceARN": ARN, "dynamodb": {"SequenceNumber": str(n)}} for n in range(count)]


def test_records_come_in_batches_of_the_declared_size():
    scripted = _Scripted()
    assert _batches(scripted, [], batch_size=2).deliver(_records(5))
    assert scripted.calls == [["0", "1"], ["2", "3"], ["4"]]


def test_a_poisoned_batch_is_split_until_only_the_poison_is_given_up():
    scripted, sent = _Scripted(poison={"2"}), []
    assert _batches(scripted, sent, bisect=True).deliver(_records(4))
    assert ["0", "1"] in scripted.calls
    assert ["3"] in scripted.calls
    [(arn, document)] = sent
    assert arn == "arn:aws:sqs:r:a:q"
    assert document["DDBStreamBatchInfo"]["startSequenceNumber"] == "2"
    assert document["DDBStreamBatchInfo"]["batchSize"] == 1
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_a_reported_failure_starts_again_at_that_record():
    scripted = _Scripted(answers=[{"batchItemFailures": [{"itemIdentifier": "1"}]}])
    assert _batches(scripted, [], report_failures=True).deliver(_records(3))
    assert scripted.calls == [["0", "1", "2"], ["1", "2"]]


def test_a_stop_leaves_what_keeps_failing():
    batches = _batches(_Scripted(poison={"0"}), [], retries=-1)
    batches._stopping.set()
    assert not batches.deliver(_records(1))


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"wrong": "a"}]}, {"a", "b"}),
        ("nonsense", {"a", "b"}),
    ],
)
def test_an_answer_that_names_no_known_message_fails_them_all(answer, failed):
    assert failed_ids(answer, ["a", "b"]) == failed
