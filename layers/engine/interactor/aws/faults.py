"""Temporary faults of AWS at calls that change nothing: the caller may send its request again (ruling 32)."""

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
"""Some services answer these with the status 400."""


@contextmanager
def passing() -> Iterator[None]:
    """Wrap a call that changes nothing.

    Raises:
        StoreBusyError: the service throttled it, failed, or did not answer.
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
