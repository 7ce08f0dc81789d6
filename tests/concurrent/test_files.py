"""Files when several things happen at once, or something dies: bounds hold, and nothing counts twice."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from interactor.aws.dynamo import keys
from interactor.core.times import DAY, SECOND
from tests.support.deployed.deployment import Answer
from tests.support.deployed.files import CONTENT, PDF, form
from tests.support.workers.faults import Around, Barrier, Call, Crash, refusal, together
from tests.support.workers.place import ACCOUNT, Place, Worker
from tests.support.workers.world import Clock
from tests.support.workflows.flows import end, flow

FLOW = flow(wait=form(), done=end())
WRITES = {"transact_write_items", "update_item", "batch_write_item", "delete_object"}


@pytest.fixture(scope="module")
def name(place: Place) -> str:
    """A workflow that asks for files."""
    return place.worker(Clock()).define(FLOW)


def halted(place: Place, name: str) -> str:
    """The id of an instance that asks for files."""
    identifier: str = place.worker(Clock()).create(name).data["id"]
    return identifier


def announce(worker: Worker, instance: str, key: str | None = None, **more: Any) -> Answer:
    """Announce a small contract."""
    body = {"field": "contract", "name": "a.pdf", "content_type": PDF, "size": len(CONTENT)}
    return worker.call("POST", f"/workflows/instances/{instance}/files", body | more, key=key)


def sent(worker: Worker, instance: str) -> str:
    """The id of a file that was announced and sent."""
    upload = announce(worker, instance).data
    answer = requests.post(upload["url"], data=upload["fields"], files={"file": ("x", CONTENT)}, timeout=10)
    assert answer.status_code == 204
    file_id: str = upload["id"]
    return file_id


def counted(place: Place, instance: str) -> tuple[int, int, int]:
    """Files that are stored, and what their field's counter says of those that count and of all."""
    found = place.clients["dynamodb"].query(
        TableName=place.table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": keys.files(ACCOUNT, instance)}},
        ConsistentRead=True,
    )["Items"]
    counters = [item for item in found if item["sk"]["S"].startswith("N#")]
    live, begun = (sum(int(item[name]["N"]) for item in counters) for name in ("live", "begun"))
    return len(found) - len(counters), live, begun


def test_of_twelve_announcements_at_one_moment_five_are_taken(place: Place, name: str) -> None:
    instance = halted(place, name)
    barrier = Barrier("transact_write_items", 12)
    workers = [place.worker(Clock(), barrier) for _ in range(12)]
    answers = together(12, lambda n: announce(workers[n], instance))
    assert Counter(answer.status for answer in answers) == {201: 5, 400: 7}
    assert counted(place, instance) == (5, 5, 5)


def test_of_six_that_take_the_place_of_one_at_one_moment_one_does(place: Place, name: str) -> None:
    instance = halted(place, name)
    first = announce(place.worker(Clock()), instance).data["id"]
    barrier = Barrier("transact_write_items", 6)
    workers = [place.worker(Clock(), barrier) for _ in range(6)]
    answers = together(6, lambda n: announce(workers[n], instance, replaces=first))
    assert Counter(answer.status for answer in answers) == {201: 1, 400: 5}
    assert counted(place, instance) == (2, 1, 2)


def test_of_several_requests_with_one_key_at_one_moment_one_announces_and_all_hear_of_it(
    place: Place, name: str
) -> None:
    instance = halted(place, name)
    barrier = Barrier("transact_write_items", 6)
    workers = [place.worker(Clock(), barrier) for _ in range(6)]
    answers = together(6, lambda n: announce(workers[n], instance, key="one"))
    assert len({answer.raw for answer in answers if answer.status == 201}) == 1
    assert {answer.status for answer in answers} == {201}
    assert counted(place, instance) == (1, 1, 1)


class Strike:
    """Does one thing at one call of DynamoDB or S3, counted from 0; notes which calls there were."""

    def __init__(self, index: int = -1, kind: str = "") -> None:
        self.index, self.kind = index, kind
        self.calls: list[str] = []

    def __call__(self, operation: str, _: dict[str, Any], call: Call) -> Any:
        index = len(self.calls)
        self.calls.append(operation)
        if index != self.index:
            return call()
        if self.kind == "refused":
            raise refusal("ThrottlingException", operation)
        if self.kind == "crash after":
            call()
        raise Crash


def struck(act: Callable[[Around], Any]) -> Any:
    """What a worker answers; None where it died."""

    def attempt(around: Around) -> Any:
        try:
            return act(around)
        except (Crash, ClientError):
            return None

    return attempt


def points(act: Callable[[Around], Any]) -> list[tuple[int, str, str]]:
    """Every call of an undisturbed run with every fault."""
    calm = Strike()
    assert act(calm).status in (200, 201)
    return list(faults(calm.calls))


def faults(calls: list[str]) -> Iterator[tuple[int, str, str]]:
    """Faults worth trying at each call: dying after a read is dying before what comes next."""
    for index, operation in enumerate(calls):
        for kind in ("crash before", "crash after", "refused") if operation in WRITES else ("refused",):
            yield index, kind, operation


def test_a_fault_at_any_call_of_an_announcement_leaves_one_file_after_the_same_request_again(
    place: Place, name: str
) -> None:
    clock = Clock()
    tried = points(lambda around: announce(place.worker(clock, around), halted(place, name), "key"))
    assert {operation for _, _, operation in tried} >= {"query", "generate_presigned_post", "transact_write_items"}
    for index, kind, operation in tried:
        instance = halted(place, name)
        act = struck(lambda around, instance=instance: announce(place.worker(clock, around), instance, f"k{instance}"))
        first = act(Strike(index, kind))
        assert first is None or first.status in (201, 500, 503), (kind, operation, first.raw)
        again = act(Strike())
        assert again.status == 201, (kind, operation, again.raw)
        assert counted(place, instance) == (1, 1, 1), (kind, operation)


def test_a_fault_at_any_call_of_a_resume_with_files_ends_as_one_resume(place: Place, name: str) -> None:
    clock = Clock()

    def begin() -> tuple[str, Any]:
        instance, worker = halted(place, name), place.worker(clock)
        return instance, {"contract": sent(worker, instance)}

    instance, given = begin()
    tried = points(lambda around: place.worker(clock, around).resume(instance, given))
    calls = {operation for _, _, operation in tried}
    assert calls >= {"batch_get_item", "head_object", "update_item", "transact_write_items"}
    for index, kind, operation in tried:
        instance, given = begin()
        act = struck(lambda around, i=instance, g=given: place.worker(clock, around).resume(i, g))
        first = act(Strike(index, kind))
        assert first is None or first.status in (200, 500, 503), (kind, operation, first.raw)
        again = act(Strike())
        assert again.status == 200, (kind, operation, again.raw)
        assert again.data["status"] == "completed"
        assert again.data["workflow_data"]["contract"]["id"] == given["contract"]
        assert place.kinds(instance).count("resumed") == 1, (kind, operation)


def test_a_fault_at_any_call_of_the_cleaning_leaves_nothing_in_the_end(place: Place, name: str) -> None:
    clock = Clock()

    def begin() -> str:
        instance, worker = halted(place, name), place.worker(clock)
        assert worker.resume(instance, {"contract": [sent(worker, instance)]}).status == 200
        return instance

    def clean(around: Around, instance: str) -> bool:
        later = Clock(clock.now + 7 * DAY + SECOND)
        return place.worker(later, around).step({"account": ACCOUNT, "instance_id": instance})

    calm = Strike()
    assert clean(calm, begin())
    assert {"list_object_versions", "delete_object", "batch_write_item"} <= set(calm.calls)
    for index, kind, operation in faults(calm.calls):
        instance = begin()
        struck(lambda around, i=instance: clean(around, i))(Strike(index, kind))
        clean(Strike(), instance)
        assert counted(place, instance) == (0, 0, 0), (kind, operation)
        listed = place.clients["s3"].list_object_versions(
            Bucket=place.environment["FILES_BUCKET"], Prefix=f"{ACCOUNT}/{instance}/"
        )
        assert not listed.get("Versions"), (kind, operation)
        assert place.head(instance)["status"]["S"] == "completed"
