"""Fixtures: AWS in this process for one module, a sandbox for the whole session, a deployment for each test."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from interactor.access.signing import Signer
from interactor.aws.boto import for_s3
from interactor.sandbox import Sandbox
from tests.support.deployed.deployment import Deployment, deployed
from tests.support.deployed.stack import Aws, QueuePool
from tests.support.events import REGION
from tests.support.memory.endpoint import DynamoEndpoint

Deploy = Callable[..., Deployment]
_names = (f"test-{number}" for number in itertools.count(1))


@cache
def _client(service: str) -> Any:
    """Made once: making one takes longer than most tests."""
    return boto3.client(  # type: ignore[call-overload]  # by name
        service,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(
            retries={"mode": "standard", "total_max_attempts": 1},
            user_agent="tests",
            **(for_s3() if service == "s3" else {}),
        ),
    )


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Starting one takes as long as several tests."""
    made = Sandbox()
    yield made
    made.close()


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """AWS in this process."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.setenv("AWS_DEFAULT_REGION", REGION)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        clients = {service: _client(service) for service in ("dynamodb", "sqs", "kms", "secretsmanager", "s3")}
        key_id = clients["kms"].create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        dynamo, calls = DynamoEndpoint(), clients["dynamodb"].meta.events
        calls.register("before-send.dynamodb", dynamo)
        yield Aws(clients, dynamo, key_id, Signer(clients["kms"], [key_id]), QueuePool(clients["sqs"]))
        calls.unregister("before-send.dynamodb", dynamo)


@pytest.fixture
def deploy(aws: Aws, sandbox: Sandbox) -> Iterator[Deploy]:
    """Deploy the template with the given parameters."""
    with ExitStack() as stack:
        yield lambda **parameters: stack.enter_context(deployed(next(_names), aws, sandbox, **parameters))


@pytest.fixture(scope="module")
def shared(aws: Aws, sandbox: Sandbox) -> Iterator[Deployment]:
    """One deployment for all tests of a module that leave each other's things alone."""
    with deployed(next(_names), aws, sandbox) as made:
        yield made


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    """A deployment with the template's own defaults."""
    return deploy()
