"""Step messages."""

import json

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from interactor.instances.step_queue import parse_hint
from interactor.instances.steps import work
from interactor.instances.tries import SetAsideError
from interactor.logs import logger
from interactor.services import services
from interactor.workers.causes import cause
from interactor.workers.metrics import SET_ASIDE, count


def advance(record: SQSRecord) -> None:
    """Do what one message is for. An error is logged without values, and the message is delivered again."""
    logger.thread_safe_clear_keys()
    try:
        hint = parse_hint(json.loads(record.body), again=int(record.attributes.approximate_receive_count) > 1)
    except Exception as error:
        logger.error("step message cannot be read", extra={"message_id": record.message_id, **cause(error)})
        raise
    logger.thread_safe_append_keys(instance_id=hint.instance_id)
    parts = services()
    try:
        work(parts.instances.engine, parts.instances.steps_queue, hint)
    except Exception as error:
        if isinstance(error, SetAsideError):
            count(SET_ASIDE)
        told = {"account_id": hint.account, "thread": hint.thread_id, **cause(error)}
        logger.error("step message failed", extra=told)
        raise
