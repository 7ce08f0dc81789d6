"""AWS's passing faults at calls that change nothing: the request that needs them may be sent again (ruling 32)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from interactor.core.storing import StoreBusyError

_THROTTLED: Final = {
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
"""Answered with a status of 400 by some services."""


@contextmanager
def passing() -> Iterator[None]:
    """Around a call that changes nothing.

    Raises:
        StoreBusyError: when the service throttled it, failed, or did not answer.
    """
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status < 500 and error.response["Error"]["Code"] not in _THROTTLED:
            raise
        raise StoreBusyError(str(error)) from error
    except BotoCoreError as error:
        raise StoreBusyError(str(error)) from error
