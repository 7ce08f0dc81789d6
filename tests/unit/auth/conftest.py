"""What the tests of authentication share: one RSA key, and AWS in this process."""

import functools
from collections.abc import Iterator

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from moto import mock_aws

from tests.unit.auth.forge import Aws, Forge


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
