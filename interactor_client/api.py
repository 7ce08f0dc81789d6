"""The calls of the API as methods. Arguments and results are as the API's documentation says."""

import random
import time
from collections.abc import Callable

import requests

from interactor_client.description import Description
from interactor_client.directory import Directory
from interactor_client.instances import Instances
from interactor_client.subscriptions import Subscriptions
from interactor_client.tasks import Tasks
from interactor_client.transport import Transport
from interactor_client.workflows import Workflows


class Client(Workflows, Instances, Tasks, Subscriptions, Directory, Description):
    """The API for one client id. OS threads must not share it, because they must not share ``requests.Session``.

    Args:
        url: the URL of the API, with ``/api/v1``.
        scope: the scopes to ask for, separated by spaces; None: all that the client has.
        retries: how often a request is sent again at most.
        timeout: seconds to wait for an answer.
        session: sends the requests; for your own proxies, certificates and adapters.
        sleep, clock, chance: for tests.

    All methods raise ``ApiError`` and ``ConnectionLostError``. Methods that create or change something take an
    ``idempotency_key``. Derive it from what the call is about (``order_123_approval``). Then a program that is
    restarted and calls again changes nothing twice.
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
        """Revoke the tokens that this client has. Its next call gets new ones."""
        self.transport.revoke()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self.transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
