"""Mail messages."""

import json

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from interactor.logs import logger
from interactor.services import services
from interactor.workers.causes import cause


def send(record: SQSRecord) -> None:
    """Send the mails that one message is for. An error is logged, without values, and brings the message again."""
    logger.thread_safe_clear_keys()
    try:
        services().mails.mailer.handle(json.loads(record.body))
    except Exception as error:
        logger.error("mail message failed", extra={"message_id": record.message_id, **cause(error)})
        raise
