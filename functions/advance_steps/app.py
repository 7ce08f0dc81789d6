"""The steps queue: takes threads on, one message at a time."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from interactor.workers.steps import advance


def handler(event: dict[str, Any], context: Any) -> Any:
    """Answer which messages are to come again."""
    # One for each invocation: the local run makes several at once in one process.
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event=event, record_handler=advance, processor=processor, context=context)
