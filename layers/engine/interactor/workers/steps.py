"""Step messages."""

import json

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from interactor.adapters.queues import parse_hint
from interactor.logs import logger
from interactor.runtime import runtime
from interactor.usecases.steps import work


def advance(record: SQSRecord) -> None:
    """Do what one message hints at; an error brings it again."""
    hint = parse_hint(json.loads(record.body), again=int(record.attributes.approximate_receive_count) > 1)
    logger.thread_safe_clear_keys()
    logger.thread_safe_append_keys(instance_id=hint.instance_id)
    parts = runtime()
    work(parts.engine, parts.steps_queue, hint)
