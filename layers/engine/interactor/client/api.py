"""The calls of the API as methods: what goes in and comes out is what its documentation says."""

import time
from typing import Any

from interactor.client.description import Description
from interactor.client.instances import Instances
from interactor.client.subscriptions import Subscriptions
from interactor.client.transport import Transport
from interactor.client.workflows import Workflows


class Client(Workflows, Instances, Subscriptions, Description):
    """The API for one client id. Arguments as of ``Transport``; not to be shared between OS threads.

    All methods raise ``ApiError`` and ``ConnectionLostError``. Those that make or change something take an
    ``idempotency_key``: make it of what the call is about (``order_123_approval``), and a program that starts anew
    and calls again changes nothing twice.
    """

    def __init__(self, url: str, client_id: str, client_secret: str, **options: Any) -> None:
        self._sleep, self._clock = options.get("sleep", time.sleep), options.get("clock", time.monotonic)
        self.transport = Transport(url, client_id, client_secret, **options)

    def sign_out(self) -> None:
        """Revoke the tokens that this client holds; its next call gets new ones."""
        self.transport.revoke()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self.transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
