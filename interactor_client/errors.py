"""What can go wrong for a caller.

ClientError
├── ApiError             the API answered with an error
├── ConnectionLostError  the API did not answer any of the attempts
└── InvalidWebhookError  a request claims to be a webhook, but is not
"""

from typing import Any


class ClientError(Exception):
    """Base of all errors here."""


class ApiError(ClientError):
    """An answer with a status of 400 or above: the documented code, a message, and the request's id for the logs."""

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
    """There was no answer. A request with an idempotency key may be sent again with the same key."""


class InvalidWebhookError(ClientError):
    """The signature is not valid, or the request is too old. Answer 400 and do nothing."""
