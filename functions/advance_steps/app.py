"""The steps queue: runs the next step of threads, one message at a time."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from interactor.workers.steps import advance


def handler(event: dict[str, Any], context: Any) -> Any:
    """Return the messages that must be delivered again."""
    # One for each invocation, because the local run makes several at once in one process.
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event=event, record_handler=advance, processor=processor, context=context)
