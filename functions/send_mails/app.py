"""The mails queue: mails about tasks to some people, or to a group."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from interactor.workers.mails import send


def handler(event: dict[str, Any], context: Any) -> Any:
    """Answer which messages are to come again."""
    # One for each invocation: the local run makes several at once in one process.
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event=event, record_handler=send, processor=processor, context=context)
