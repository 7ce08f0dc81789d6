"""The fakes do what AWS does: every test here runs against them and against MiniStack."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.ministack import Lock, MiniStack
from local.settings import aws_python
from tests.support.events import REGION
from tests.support.memory.dynamo import INDEXES, FakeDynamo
from tests.support.memory.endpoint import DynamoEndpoint
from tests.support.memory.expressions import UnsupportedError
from tests.support.memory.sqs import FakeSqs

_names = count(1)


@dataclass
class Place:
    """A table and a queue, of one kind or the other."""

    dynamodb: Any
    sqs: Any
    queue: str
    table: str = "contract"

    def put(self, sk: str, pk: str = "p", **attributes: Any) -> None:
        """Write an item; texts and numbers as they are."""
        self.dynamodb.put_item(TableName=self.table, Item=item(sk, pk, **attributes))

    def get(self, sk: str, pk: str = "p") -> Any:
        """An item, or None."""
        return self.dynamodb.get_item(TableName=self.table, Key=key(sk, pk), ConsistentRead=True).get("Item")

    def transact(self, *writes: Any) -> None:
        """Write all or nothing."""
        named = [{kind: {"TableName": self.table, **given}} for write in writes for kind, given in write.items()]
        self.dynamodb.transact_write_items(TransactItems=named, ClientRequestToken=f"token-{next(_names)}")

    def query(self, condition: str = "pk = :p", forward: bool = True, **more: Any) -> Any:
        """A page of the partition ``p``."""
        given = {name: more.pop(name) for name in [each for each in more if each in ("a", "b")]}
        values = {":p": {"S": "p"}} | {f":{name}": value(each) for name, each in given.items()}
        return self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=forward,
            ConsistentRead=True,
            **more,
        )


def value(plain: Any) -> Any:
    """An attribute's value."""
    if isinstance(plain, bytes):
        return {"B": plain}
    return {"N": str(plain)} if isinstance(plain, int) else {"S": plain}


def key(sk: str, pk: str = "p") -> Any:
    """A key."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def item(sk: str, pk: str = "p", **attributes: Any) -> Any:
    """An item."""
    return key(sk, pk) | {name: value(each) for name, each in attributes.items()}


def refused(act: Any) -> Any:
    """The error's code that an act is answered with, with what else the answer holds."""
    with pytest.raises(ClientError) as raised:
        act()
    answer: Any = raised.value.response
    return answer["Error"]["Code"], answer


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    """Clients of a MiniStack of this module's own."""
    directory = tmp_path_factory.mktemp("aws")
    lock = Lock(directory)
    running = MiniStack(aws_python(), directory, lock, directory / "log", dict(os.environ))
    running.wait_until_healthy()
    common: Any = {
        "endpoint_url": running.endpoint,
        "region_name": REGION,
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
        "config": Config(retries={"total_max_attempts": 1}),
    }
    yield boto3.client("dynamodb", **common), boto3.client("sqs", **common)
    stopped = running.stop(20)
    lock.release()
    assert stopped


def over_memory(table: FakeDynamo) -> Any:
    """A client of boto3's whose calls the memory answers."""
    client = boto3.client("dynamodb", region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")
    client.meta.events.register("before-send.dynamodb", DynamoEndpoint({"contract": table}))
    return client


@pytest.fixture(params=["fake", "endpoint", "ministack"])
def place(request: pytest.FixtureRequest) -> Place:
    """A new table and queue of either kind."""
    if request.param == "fake":
        return Place(FakeDynamo(), FakeSqs(), "queue")
    if request.param == "endpoint":
        return Place(over_memory(FakeDynamo()), FakeSqs(), "queue")
    dynamodb, sqs = request.getfixturevalue("clients")
    name = f"contract{next(_names)}"
    kinds = {"pk": "S", "sk": "S", "wake_at": "N"}
    for index in INDEXES.values():
        kinds |= {name: kinds.get(name, "S") for name in (index.partition, index.sort)}
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": kind} for each, kind in kinds.items()],
        KeySchema=_schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": each,
                "KeySchema": _schema(index.partition, index.sort),
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.projected)}
                if index.projected
                else {"ProjectionType": "KEYS_ONLY"},
            }
            for each, index in INDEXES.items()
        ],
    )
    return Place(dynamodb, sqs, sqs.create_queue(QueueName=name)["QueueUrl"], name)


def _schema(partition: str, sort: str) -> Any:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def _sks(page: Any) -> list[str]:
    return [each["sk"]["S"] for each in page["Items"]]


class TestItems:
    def test_what_is_put_is_read_and_what_is_deleted_is_gone(self, place: Place) -> None:
        place.put("a", n=1, t="x", raw=b"\x00\xff")
        assert place.get("a") == item("a", n=1, t="x", raw=b"\x00\xff")
        gone = place.dynamodb.delete_item(TableName=place.table, Key=key("a"), ReturnValues="ALL_OLD")
        assert gone["Attributes"] == item("a", n=1, t="x", raw=b"\x00\xff")
        assert place.get("a") is None
        assert "Attributes" not in place.dynamodb.delete_item(
            TableName=place.table, Key=key("a"), ReturnValues="ALL_OLD"
        )

    def test_several_are_read_and_deleted_at_once(self, place: Place) -> None:
        place.put("a")
        place.put("b")
        wanted = {place.table: {"Keys": [key("b"), key("c"), key("a")], "ConsistentRead": True}}
        found = place.dynamodb.batch_get_item(RequestItems=wanted)
        assert sorted(_sks({"Items": found["Responses"][place.table]})) == ["a", "b"]
        deletions = {place.table: [{"DeleteRequest": {"Key": key(each)}} for each in "abc"]}
        assert not place.dynamodb.batch_write_item(RequestItems=deletions)["UnprocessedItems"]
        assert place.query()["Items"] == []

    def test_an_item_of_400_kb_is_the_largest(self, place: Place) -> None:
        place.put("a", raw=b"x" * 400_000)
        assert refused(lambda: place.put("a", raw=b"x" * 410_000))[0] == "ValidationException"
        assert len(place.get("a")["raw"]["B"]) == 400_000


CONDITIONS = [
    ("attribute_not_exists(pk)", {}, False, True),
    ("attribute_exists(pk)", {}, True, False),
    ("version = :v", {":v": 3}, True, False),
    ("version = :v", {":v": 4}, False, False),
    ("attribute_not_exists(used) OR used < :v", {":v": 1}, True, True),
    ("attribute_not_exists(version) OR version < :v", {":v": 3}, False, True),
    ("attribute_not_exists(version) OR version <= :v", {":v": 3}, True, True),
    ("attribute_exists(pk) AND attribute_not_exists(used)", {}, True, False),
    ("attribute_not_exists(pk) OR (version <= :v AND version > :w)", {":v": 3, ":w": 3}, False, True),
]


class TestConditions:
    @pytest.mark.parametrize(("condition", "values", "there", "absent"), CONDITIONS)
    def test_a_condition_holds_or_refuses(
        self, place: Place, condition: str, values: Any, there: bool, absent: bool
    ) -> None:
        given = {"ExpressionAttributeValues": {name: value(each) for name, each in values.items()}} if values else {}
        for sk, allowed in (("there", there), ("absent", absent)):
            place.put("there", version=3)

            def put(sk: str = sk) -> None:
                place.dynamodb.put_item(
                    TableName=place.table, Item=item(sk, version=9), ConditionExpression=condition, **given
                )

            if allowed:
                put()
                assert place.get(sk) == item(sk, version=9)
            else:
                assert refused(put)[0] == "ConditionalCheckFailedException"

    def test_a_refused_update_tells_the_item_as_it_stands(self, place: Place) -> None:
        place.put("a", version=3)
        code, answer = refused(
            lambda: place.dynamodb.update_item(
                TableName=place.table,
                Key=key("a"),
                UpdateExpression="SET version = :n",
                ConditionExpression="version = :v",
                ExpressionAttributeValues={":n": value(5), ":v": value(4)},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        )
        assert (code, answer["Item"]) == ("ConditionalCheckFailedException", item("a", version=3))


UPDATES: list[Any] = [
    ("ADD version :n", {":n": -1}, {"version": 2}, {"version": -1}),
    ("SET version = :n, t = :t", {":n": 5, ":t": "x"}, {"version": 5, "t": "x"}, {"version": 5, "t": "x"}),
    ("SET t = if_not_exists(version, :n)", {":n": 5}, {"version": 3, "t": 3}, {"t": 5}),
    (
        "SET t = :t ADD version :n, n :n",
        {":t": "x", ":n": 1},
        {"version": 4, "n": 1, "t": "x"},
        {"version": 1, "n": 1, "t": "x"},
    ),
    ("REMOVE version", {}, {}, {}),
]


class TestUpdates:
    @pytest.mark.parametrize(("expression", "values", "there", "absent"), UPDATES)
    def test_an_update_changes_what_it_names(
        self, place: Place, expression: str, values: Any, there: Any, absent: Any
    ) -> None:
        given = {"ExpressionAttributeValues": {name: value(each) for name, each in values.items()}} if values else {}
        place.put("there", version=3)
        for sk, expected in (("there", there), ("absent", absent)):
            answer = place.dynamodb.update_item(
                TableName=place.table, Key=key(sk), UpdateExpression=expression, ReturnValues="ALL_NEW", **given
            )
            assert answer["Attributes"] == item(sk, **expected) == place.get(sk)

    def test_a_map_is_replaced_whole_and_a_list_grows(self, place: Place) -> None:
        for number in (1, 2):
            place.dynamodb.update_item(
                TableName=place.table,
                Key=key("a"),
                UpdateExpression="SET #m = :m, many = list_append(if_not_exists(many, :none), :new)",
                ExpressionAttributeNames={"#m": "map"},
                ExpressionAttributeValues={
                    ":m": {"M": {f"x{number}": {"N": "1"}}},
                    ":none": {"L": []},
                    ":new": {"L": [{"N": str(number)}]},
                },
            )
        assert place.get("a")["map"] == {"M": {"x2": {"N": "1"}}}
        assert place.get("a")["many"] == {"L": [{"N": "1"}, {"N": "2"}]}


RANGES = [
    ("pk = :p", {}, ["H#1", "H#2", "L#0", "M"]),
    ("pk = :p AND begins_with(sk, :a)", {"a": "H#"}, ["H#1", "H#2"]),
    ("pk = :p AND sk BETWEEN :a AND :b", {"a": "H#2", "b": "L#0"}, ["H#2", "L#0"]),
    ("pk = :p AND sk >= :a", {"a": "H#2"}, ["H#2", "L#0", "M"]),
    ("pk = :p AND sk <= :a", {"a": "H#2"}, ["H#1", "H#2"]),
    ("pk = :p AND sk < :a", {"a": "H#2"}, ["H#1"]),
]


class TestQueries:
    @pytest.mark.parametrize(("condition", "bounds", "expected"), RANGES)
    def test_a_range_is_read_in_order_either_way(
        self, place: Place, condition: str, bounds: Any, expected: list[str]
    ) -> None:
        for sk in ("M", "H#2", "L#0", "H#1"):
            place.put(sk)
        place.put("H#1", pk="other")
        assert _sks(place.query(condition, **bounds)) == expected
        assert _sks(place.query(condition, forward=False, **bounds)) == expected[::-1]

    @pytest.mark.parametrize("forward", [True, False])
    def test_pages_follow_each_other_even_when_their_last_item_is_gone(self, place: Place, forward: bool) -> None:
        for number in range(5):
            place.put(f"{number}")
        page = place.query(forward=forward, Limit=2)
        assert _sks(page) == (["0", "1"] if forward else ["4", "3"])
        assert page["LastEvaluatedKey"] == key(_sks(page)[-1])
        place.dynamodb.delete_item(TableName=place.table, Key=page["LastEvaluatedKey"])
        rest = place.query(forward=forward, ExclusiveStartKey=page["LastEvaluatedKey"])
        assert _sks(rest) == (["2", "3", "4"] if forward else ["2", "1", "0"])
        assert "LastEvaluatedKey" not in rest

    def test_a_page_ends_at_a_megabyte(self, place: Place) -> None:
        for number in range(4):
            place.put(f"{number}", raw=b"x" * 390_000)
        page = place.query()
        assert _sks(page) in (["0", "1"], ["0", "1", "2"])
        assert page["LastEvaluatedKey"] == key(_sks(page)[-1])

    def test_an_index_is_sparse_sorted_by_number_and_shows_its_keys(self, place: Place) -> None:
        for sk, wake_at in (("a", 20), ("b", 3), ("c", 100)):
            place.put(sk, due_pk="due", wake_at=wake_at, summary="s")
        place.put("d", due_pk="due")
        place.put("a", due_pk="due", wake_at=21)
        found = place.dynamodb.query(
            TableName=place.table,
            IndexName="due",
            KeyConditionExpression="#p = :p AND #s < :s",
            ExpressionAttributeNames={"#p": "due_pk", "#s": "wake_at"},
            ExpressionAttributeValues={":p": {"S": "due"}, ":s": {"N": "100"}},
        )["Items"]
        assert found == [item("b", due_pk="due", wake_at=3), item("a", due_pk="due", wake_at=21)]

    def test_an_index_carries_what_it_includes(self, place: Place) -> None:
        place.put("a", status_pk="s", list_sk="1", summary="shown", doc="not")
        found = place.dynamodb.query(
            TableName=place.table,
            IndexName="by_status",
            KeyConditionExpression="status_pk = :p",
            ExpressionAttributeValues={":p": {"S": "s"}},
        )["Items"]
        assert found == [item("a", status_pk="s", list_sk="1", summary="shown")]


class TestTransactions:
    def test_all_is_written_or_nothing_and_each_refusal_is_told_with_its_item(self, place: Place) -> None:
        place.put("a", version=3)
        guarded = {
            "Item": item("a", version=4),
            "ConditionExpression": "version = :v",
            "ExpressionAttributeValues": {":v": value(2)},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        code, answer = refused(lambda: place.transact({"Put": {"Item": item("b")}}, {"Put": guarded}))
        reasons = answer["CancellationReasons"]
        assert code == "TransactionCanceledException"
        assert [each["Code"] for each in reasons] == ["None", "ConditionalCheckFailed"]
        assert reasons[1]["Item"] == item("a", version=3)
        assert place.get("b") is None
        guarded["ExpressionAttributeValues"] = {":v": value(3)}
        count_one = {
            "Key": key("c"),
            "UpdateExpression": "ADD active :n",
            "ExpressionAttributeValues": {":n": value(1)},
        }
        place.transact({"Put": {"Item": item("b")}}, {"Put": guarded}, {"Update": count_one})
        assert [place.get("a"), place.get("b")] == [item("a", version=4), item("b")]
        assert place.get("c") == item("c", active=1)

    def test_one_token_is_one_effect_and_only_for_one_request(self, place: Place) -> None:
        def write(step: int) -> None:
            count_up = {
                "TableName": place.table,
                "Key": key("a"),
                "UpdateExpression": "ADD active :n",
                "ExpressionAttributeValues": {":n": value(step)},
            }
            place.dynamodb.transact_write_items(
                TransactItems=[{"Update": count_up}], ClientRequestToken=f"same-{place.table}"
            )

        write(1)
        write(1)
        assert place.get("a") == item("a", active=1)
        assert refused(lambda: write(2))[0] == "IdempotentParameterMismatchException"

    def test_an_item_is_written_once_and_a_hundred_are_the_most(self, place: Place) -> None:
        twice = [{"Put": {"Item": item("a", n=number)}} for number in (1, 2)]
        assert refused(lambda: place.transact(*twice))[0] == "ValidationException"
        many = [{"Put": {"Item": item(f"{number}")}} for number in range(101)]
        assert refused(lambda: place.transact(*many))[0] == "ValidationException"
        assert place.query()["Items"] == []

    def test_a_deletion_takes_part(self, place: Place) -> None:
        place.put("a")
        place.transact({"Delete": {"Key": key("a")}}, {"Put": {"Item": item("b")}})
        assert _sks(place.query()) == ["b"]


class TestQueues:
    def test_messages_are_counted_when_they_can_be_seen(self, place: Place) -> None:
        def waiting() -> str:
            asked = ["ApproximateNumberOfMessages"]
            answer = place.sqs.get_queue_attributes(QueueUrl=place.queue, AttributeNames=asked)
            return str(answer["Attributes"]["ApproximateNumberOfMessages"])

        place.sqs.send_message(QueueUrl=place.queue, MessageBody="a", DelaySeconds=0)
        place.sqs.send_message(QueueUrl=place.queue, MessageBody="b", DelaySeconds=900)
        assert waiting() == "1"
        entries = [{"Id": f"{number}", "MessageBody": "c", "DelaySeconds": 0} for number in range(10)]
        sent = place.sqs.send_message_batch(QueueUrl=place.queue, Entries=entries)
        assert [each["Id"] for each in sent["Successful"]] == [each["Id"] for each in entries]
        assert waiting() == "11"

    def test_ten_of_different_ids_are_the_most_of_a_batch(self, place: Place) -> None:
        def batch(ids: list[str]) -> None:
            entries = [{"Id": each, "MessageBody": "a"} for each in ids]
            place.sqs.send_message_batch(QueueUrl=place.queue, Entries=entries)

        assert "Batch" in refused(lambda: batch([f"{number}" for number in range(11)]))[0]


def test_what_a_fake_does_not_know_it_refuses() -> None:
    fake = FakeDynamo()
    with pytest.raises(UnsupportedError):
        fake.update_item(
            TableName="t",
            Key=key("a"),
            UpdateExpression="DELETE names :n",
            ExpressionAttributeValues={":n": {"SS": ["a"]}},
        )


def test_an_index_lags_by_so_many_writes_and_not_for_ever() -> None:
    clock = [0]
    fake = FakeDynamo(now=lambda: clock[0], lag=lambda: 1)

    def due() -> list[str]:
        return _sks(
            fake.query(
                IndexName="due",
                KeyConditionExpression="due_pk = :p",
                ExpressionAttributeValues={":p": {"S": "due"}},
            )
        )

    fake.put_item(TableName="t", Item=item("a", due_pk="due", wake_at=1))
    fake.put_item(TableName="t", Item=item("b", due_pk="due", wake_at=2))
    assert due() == ["a"]
    clock[0] += 6_000
    assert due() == ["a", "b"]


@pytest.mark.parametrize(
    "update",
    [
        {"UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "x"}, ":b": {"S": "y"}}},
        {"UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":b": {"S": "x"}}},
        {"UpdateExpression": "SET state = :a", "ExpressionAttributeValues": {":a": {"S": "x"}}},
        {"UpdateExpression": "REMOVE a", "ExpressionAttributeNames": {"#b": "b"}},
    ],
    ids=["a value too many", "a value too few", "a reserved word", "a name too many"],
)
def test_what_dynamodb_refuses_of_a_requests_text_the_memory_refuses(update: Any) -> None:
    client = over_memory(FakeDynamo())
    code, _ = refused(lambda: client.update_item(TableName="contract", Key=key("s"), **update))
    assert code == "ValidationException"
    written = [{"Update": {"TableName": "contract", "Key": key("s"), **update}}]
    assert refused(lambda: client.transact_write_items(TransactItems=written))[0] == "ValidationException"
