"""What can go wrong for a caller.

ClientError
├── ApiError             the API answered with an error
├── ConnectionLostError  it did not answer, however often it was asked
└── InvalidWebhookError  a request that says it is a webhook, and is not
"""

from typing import Any


class ClientError(Exception):
    """Base of all errors here."""


class ApiError(ClientError):
    """An answer of 400 and above: the documented code, what is wrong, and the request's id for the logs."""

    def __init__(
        self, status: int, code: str, message: str, details: Any = None, request_id: str | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.request_id = request_id


class ConnectionLostError(ClientError):
    """No answer. A request with an idempotency key may be sent again, with the same key."""


class InvalidWebhookError(ClientError):
    """The signature does not hold, or the request is too old: answer 400 and do nothing."""
