"""Step hints: messages that name a step that is due, and the queue for them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from interactor.aws.queues import seconds, send_batches
from interactor.core import jsons
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis
from interactor.core.world import Provider
from interactor.instances.rules.instance import Instance
from interactor.instances.rules.stored import StepHint
from interactor.logs import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class StepQueue:
    """Sends step hints. A lost one only delays, so a failure to send is logged and not raised (invariant 4)."""

    def __init__(self, client: "Provider[SQSClient]", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, instance: Instance, thread_id: str, now: Millis) -> None:
        """Send a hint for a thread's next step, to arrive when the step is due."""
        thread = instance.threads[thread_id]
        delay = 0 if thread.due_at is None else thread.due_at - now
        self.send_again(StepHint(instance.account, instance.id, thread_id, thread.sequence, thread.attempt), delay)

    def send_again(self, hint: StepHint, delay: Millis) -> None:
        """Send a hint, to arrive after ``delay`` milliseconds, or after the longest delay of a queue if that is
        shorter.
        """
        try:
            self._client().send_message(
                QueueUrl=self._url,
                MessageBody=jsons.dumps(_hint_body(hint)),
                DelaySeconds=seconds(delay),
                MessageGroupId=hint.account,
            )
        except (ClientError, BotoCoreError):
            logger.exception("step hint not sent; the clock will find it", extra={"instance_id": hint.instance_id})

    def send_all(self, hints: Sequence[StepHint]) -> None:
        """Send hints, ten in a call."""
        send_batches(self._client(), self._url, [(_hint_body(hint), hint.account, 0) for hint in hints])

    def backlog(self) -> int:
        """Return approximately how many messages wait."""
        answer = self._client().get_queue_attributes(QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def parse_hint(body: JsonObject, again: bool) -> StepHint:
    """Return the hint in a message's body. ``again`` says that the message was received before."""
    return StepHint(
        body["account"],
        body["instance_id"],
        body.get("thread_id"),
        body.get("sequence", 0),
        body.get("attempt", 1),
        again,
    )


def _hint_body(hint: StepHint) -> JsonObject:
    body: JsonObject = {"account": hint.account, "instance_id": hint.instance_id}
    if hint.thread_id is not None:
        body |= {"thread_id": hint.thread_id, "sequence": hint.sequence, "attempt": hint.attempt}
    return body
