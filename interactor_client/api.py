"""The calls of the API as methods: what goes in and comes out is what its documentation says."""

import random
import time
from collections.abc import Callable

import requests

from interactor_client.description import Description
from interactor_client.instances import Instances
from interactor_client.subscriptions import Subscriptions
from interactor_client.transport import Transport
from interactor_client.workflows import Workflows


class Client(Workflows, Instances, Subscriptions, Description):
    """The API for one client id; not to be shared between OS threads, as ``requests.Session`` is not.

    Args:
        url: where the API is, ``/api/v1`` included.
        scope: the scopes to ask for, with spaces between; None: all that the client has.
        retries: how often a request is sent again at the most.
        timeout: seconds to wait for an answer.
        session: what sends the requests, with the caller's own proxies, certificates and adapters.
        sleep, clock, chance: handed in by tests.

    All methods raise ``ApiError`` and ``ConnectionLostError``. Those that make or change something take an
    ``idempotency_key``: make it of what the call is about (``order_123_approval``), and a program that starts anew
    and calls again changes nothing twice.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        *,
        scope: str | None = None,
        retries: int = 4,
        timeout: float = 30.0,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._sleep, self._clock = sleep, clock
        self.transport = Transport(
            url,
            client_id,
            client_secret,
            scope=scope,
            retries=retries,
            timeout=timeout,
            session=session,
            sleep=sleep,
            clock=clock,
            chance=chance,
        )

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
