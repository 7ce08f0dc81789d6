"""Table streams that call functions: what was missed first, from the table itself, then the stream as it grows."""

import logging
import threading
import time
from typing import Any

from botocore.exceptions import ClientError

from local import streamrecords
from local.aws import Aws, code_of
from local.batches import Batches
from local.checkpoint import Checkpoint
from local.functions import Functions
from local.queues import sender
from local.settings import now_ms
from local.template import Function, SourceMapping

_log = logging.getLogger("local.streams")
_LIVELY_PAUSE, _QUIET_PAUSE = 0.04, 0.25
_LOOK_FOR_SHARDS_SECONDS = 30.0
_PAUSE_AFTER_ERROR = 0.5
_TIME_ATTRIBUTE = "at"


class StreamFollower:
    """One mapping: replays from the table since the checkpoint, then follows the stream's shards."""

    def __init__(
        self, mapping: SourceMapping, function: Function, aws: Aws, functions: Functions, checkpoint: Checkpoint
    ) -> None:
        self._arn, self._functions, self._checkpoint = mapping.source_arn, functions, checkpoint
        self._streams, self._tables = aws.client("dynamodbstreams"), aws.client("dynamodb")
        self._region, self._table = self._arn.split(":")[3], self._arn.split("/")[1]
        self._key = f"{self._table}/{mapping.function}"
        self._stopping, self._draining = threading.Event(), threading.Event()
        self._batches = Batches(mapping, function, functions, sender(aws), self._stopping)
        self._iterators: dict[str, str] = {}
        self._seen: set[str] = set()
        self._looked = 0.0
        self._caught_up = False
        self._begun = 0
        self._before: list[dict[str, Any]] = []
        self._follower = threading.Thread(target=self._follow, name=f"stream-{mapping.function}", daemon=True)

    def start(self) -> None:
        """Take the stream's present end and what was missed before it; hand that on in an OS thread, and follow.

        The table is read before anything of this run writes: what it writes is in the stream, and comes once.
        """
        self._look_for_shards("LATEST")
        self._begun = now_ms()
        self._before = self._missed(self._checkpoint.since(self._key))
        self._follower.start()

    def drain(self) -> None:
        """Follow to the stream's present end and stop there; nothing writes any more."""
        self._draining.set()

    def wait(self, deadline: float) -> bool:
        """Wait, until ``deadline`` (monotonic), for the draining; then stop in any case. False when records remain."""
        self._follower.join(max(0.0, deadline - time.monotonic()))
        self._stopping.set()
        self._follower.join(1.0)
        return self._caught_up

    def finished(self, moment_ms: int) -> None:
        """Nothing was in flight at ``moment_ms`` and the stream was followed to its end: next time begin there."""
        self._checkpoint.reached(self._key, moment_ms, exact=True)

    def _missed(self, since: int) -> list[dict[str, Any]]:
        """Insert records for the items since then, oldest first. The mapping's own filter picks those it is for."""
        described = self._tables.describe_table(TableName=self._table)["Table"]
        names = [part["AttributeName"] for part in described["KeySchema"]]
        pages = self._tables.get_paginator("scan").paginate(
            TableName=self._table,
            ConsistentRead=True,
            FilterExpression="attribute_not_exists(#at) OR #at >= :since",
            ExpressionAttributeNames={"#at": _TIME_ATTRIBUTE},
            ExpressionAttributeValues={":since": {"N": str(since)}},
        )
        found = []
        for number, item in enumerate(item for page in pages for item in page["Items"]):
            moment = _moment(item)
            record = streamrecords.from_item(item, names, self._arn, self._region, moment / 1000, number)
            if self._batches.wants(record):
                found.append((moment, sorted(str(item[name]) for name in names), record))
        found.sort(key=lambda entry: entry[:2])
        return [record for _, _, record in found]

    def _look_for_shards(self, kind: str) -> None:
        """Open shards that were not seen yet: at their end at the very first look, at their beginning later."""
        self._looked = time.monotonic()
        start: dict[str, str] = {}
        while True:
            described = self._streams.describe_stream(StreamArn=self._arn, **start)["StreamDescription"]
            for shard in described["Shards"]:
                if shard["ShardId"] not in self._seen:
                    self._open(shard["ShardId"], kind)
            if "LastEvaluatedShardId" not in described:
                return
            start = {"ExclusiveStartShardId": described["LastEvaluatedShardId"]}

    def _open(self, shard: str, kind: str) -> None:
        iterator = self._streams.get_shard_iterator(StreamArn=self._arn, ShardId=shard, ShardIteratorType=kind)
        self._seen.add(shard)
        self._iterators[shard] = iterator["ShardIterator"]

    def _replay(self) -> None:
        """Hand on what the stream no longer has; again from the beginning if that fails half-way."""
        while not self._stopping.is_set():
            try:
                if self._batches.deliver(self._before):
                    _log.info("%d records of %s handed on from before", len(self._before), self._table)
                    self._checkpoint.reached(self._key, self._begun)
                    self._before = []
                    return
            except Exception:
                _log.exception("handing on what was missed of %s failed", self._table)
                self._stopping.wait(_PAUSE_AFTER_ERROR)

    def _follow(self) -> None:
        self._replay()
        while not self._stopping.is_set():
            try:
                if time.monotonic() - self._looked > _LOOK_FOR_SHARDS_SECONDS:
                    self._look_for_shards("TRIM_HORIZON")
                begun = now_ms()
                last_look = self._draining.is_set()
                busy = [self._read(shard) for shard in list(self._iterators)]
            except Exception as error:
                _log.warning("following %s failed: %r", self._table, error)
                self._start_over(error)
                self._stopping.wait(_PAUSE_AFTER_ERROR)
                continue
            if any(busy):
                continue
            if self._stopping.is_set():
                return
            self._checkpoint.reached(self._key, begun)
            if last_look:
                self._caught_up = True
                return
            if not self._draining.is_set():
                self._functions.activity.pause(_LIVELY_PAUSE, _QUIET_PAUSE)

    def _read(self, shard: str) -> bool:
        """Hand on a shard's next records; True when there were some. The iterator moves only once they are done."""
        answer = self._streams.get_records(ShardIterator=self._iterators[shard], Limit=1000)
        records = [streamrecords.from_stream(record, self._arn, self._region) for record in answer["Records"]]
        if records and not self._batches.deliver(records):
            return False
        following = answer.get("NextShardIterator")
        if following:
            self._iterators[shard] = following
        else:
            del self._iterators[shard]
            self._looked = 0.0
        return bool(records)

    def _start_over(self, error: Exception) -> None:
        """After an iterator was lost the stream is read from its beginning: the function may see a record twice."""
        lost = ("ExpiredIteratorException", "TrimmedDataAccessException", "ResourceNotFoundException")
        if isinstance(error, ClientError) and code_of(error) in lost:
            self._seen.clear()
            self._iterators.clear()
            self._looked = 0.0


def _moment(item: dict[str, Any]) -> int:
    value = item.get(_TIME_ATTRIBUTE, {}).get("N")
    return int(float(value)) if value else 0
