"""Clients of the AWS endpoint that the environment names, made once each and shared."""

import threading
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# A long poll waits 1 s at the server; a stop must not wait much longer than that for a silent one.
_CONFIG = Config(
    connect_timeout=3, read_timeout=15, max_pool_connections=32, retries={"mode": "standard", "total_max_attempts": 3}
)


class Aws:
    """Clients by service. boto3 reads endpoint, region and credentials from the environment."""

    def __init__(self) -> None:
        self._session = cast(Any, boto3.session.Session())
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """The shared client of a service (boto3 clients may be used by several OS threads, making them may not)."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(service, config=_CONFIG)
            return self._clients[service]


def code_of(error: ClientError) -> str:
    """The error code of an AWS answer, without the older spelling's prefix."""
    return str(error.response.get("Error", {}).get("Code", "")).rpartition(".")[2]
