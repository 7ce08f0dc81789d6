"""The parts of AWS that all areas share."""

from functools import cached_property
from typing import TYPE_CHECKING

from interactor.aws import boto

if TYPE_CHECKING:
    from interactor.aws.cursors import Cursors
    from interactor.aws.dynamo.idempotency_records import IdempotencyStore
    from interactor.aws.dynamo.table import Table
    from interactor.aws.queues import MessageQueue
    from interactor.aws.sealing import Sealer
    from interactor.settings import Settings


class AwsProvider:
    """Makes each part when it is first used, and keeps it."""

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings

    @cached_property
    def table(self) -> "Table":
        """The table."""
        from interactor.aws.dynamo.table import Table

        return Table(boto.client("dynamodb"), self._settings.table_name)

    @cached_property
    def idempotency_records(self) -> "IdempotencyStore":
        """The results of requests with an Idempotency-Key."""
        from interactor.aws.dynamo.idempotency_records import IdempotencyStore

        return IdempotencyStore(self.table)

    @cached_property
    def sealer(self) -> "Sealer":
        """Encrypts the secrets of webhooks."""
        from interactor.aws.sealing import Sealer

        return Sealer(boto.client("kms"), self._settings.data_key_id)

    @cached_property
    def link_sealer(self) -> "Sealer":
        """Encrypts the keys of signed links."""
        from interactor.aws.sealing import Sealer

        return Sealer(boto.client("kms"), self._settings.data_key_id, "links")

    @cached_property
    def cursors(self) -> "Cursors":
        """Makes and reads the cursors of lists."""
        from interactor.aws.cursors import Cursors

        return Cursors(boto.client("kms"), self._settings.cursor_key_id)

    def queue(self, url: str) -> "MessageQueue":
        """A queue whose messages must not be lost."""
        from interactor.aws.queues import MessageQueue

        return MessageQueue(boto.client("sqs"), url)
