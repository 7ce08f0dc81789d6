"""What unit tests share: one RSA key, AWS in this process, servers on loopback."""

import functools
from collections.abc import Iterator

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from moto import mock_aws

from tests.support.access.forge import Aws, Forge
from tests.support.servers import serve

__all__ = ["aws", "forge", "make_client", "serve", "table"]


@pytest.fixture(scope="session")
def forge() -> Forge:
    return Forge(rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def make_client() -> Aws:
    """boto3 clients, each made once: making one takes longer than a test."""
    return functools.cache(lambda service: boto3.client(service, region_name="us-east-1"))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, make_client: Aws) -> Iterator[Aws]:
    """AWS in this process, empty; called with a service it gives a client."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield make_client


@pytest.fixture
def table(aws: Aws) -> str:
    aws("dynamodb").create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
    )
    return "table"
