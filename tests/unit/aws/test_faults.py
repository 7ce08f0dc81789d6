"""AWS's faults at calls that change nothing: the passing ones are told from those that stay."""

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from interactor.aws import faults
from interactor.core.storing import StoreBusyError


def refused(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Sign")  # type: ignore[typeddict-item]  # what is read of it


@pytest.mark.parametrize(
    "error",
    [
        refused("ThrottlingException", 400),
        refused("TooManyRequestsException", 429),
        refused("KMSInternalException", 500),
        refused("SlowDown", 503),
        ReadTimeoutError(endpoint_url="http://kms"),
    ],
    ids=str,
)
def test_a_passing_fault_may_be_tried_again(error: Exception) -> None:
    with pytest.raises(StoreBusyError), faults.passing():
        raise error


@pytest.mark.parametrize(
    "error", [refused("AccessDeniedException", 400), refused("NotFoundException", 400), KeyError()]
)
def test_any_other_fault_is_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, faults.passing():
        raise error
    assert raised.value is error
