"""One MiniStack for the session, a deployment of its own for each module of tests."""

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from interactor.sandbox import Sandbox
from local.ministack import Lock, MiniStack
from local.settings import aws_python
from tests.support.events import REGION
from tests.support.workers.place import Place, working
from tests.support.workers.world import Clock


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MiniStack of this session's own."""
    directory = tmp_path_factory.mktemp("aws")
    lock = Lock(directory)
    running = MiniStack(aws_python(), directory, lock, directory / "log", dict(os.environ))
    running.wait_until_healthy()
    yield running.endpoint
    stopped = running.stop(20)
    lock.release()
    assert stopped


@pytest.fixture(scope="session")
def clients(endpoint: str) -> dict[str, Any]:
    """Clients of it, with the engine's own number of tries."""
    config = Config(
        connect_timeout=2,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=64,
    )
    return {
        service: boto3.client(  # type: ignore[call-overload]  # by name
            service,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=config,
        )
        for service in ("dynamodb", "sqs", "kms", "secretsmanager", "s3")
    }


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Starting one takes as long as several tests."""
    with Sandbox() as made:
        yield made


@pytest.fixture(scope="module")
def enter() -> Iterator[Callable[[Place], Place]]:
    """Sets a place's variables; handlers find the parts of whichever worker called them."""
    with working() as enter:
        yield enter


@pytest.fixture(scope="module")
def make_place(
    request: pytest.FixtureRequest, enter: Callable[[Place], Place], clients: dict[str, Any], sandbox: Sandbox
) -> Callable[[], Place]:
    """Makes deployments on MiniStack."""
    name, numbers = request.module.__name__.rpartition(".")[2].replace("_", "-"), itertools.count(1)
    return lambda: enter(Place.make(f"{name}-{next(numbers)}", clients, sandbox))


@pytest.fixture(scope="module")
def place(make_place: Callable[[], Place]) -> Place:
    """The module's deployment."""
    return make_place()


@pytest.fixture
def clock() -> Clock:
    """The time."""
    return Clock()
