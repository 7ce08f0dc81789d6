"""The seed file becomes clients and secrets that the engine itself finds, once."""

import json

import pytest
from moto import mock_aws

from interactor.access.clients import ClientStore
from interactor.logic.secrets import SecretStore
from local import seed
from local.aws import Aws
from local.settings import ROOT, LocalRunError

ENVIRONMENT = {"TABLE_NAME": "T", "SECRETS_PREFIX": "p"}


@pytest.fixture
def aws(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        made = Aws()
        made.client("dynamodb").create_table(
            TableName="T",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield made


def _written(tmp_path, *accounts):
    path = tmp_path / "seed.json"
    path.write_text(json.dumps({"accounts": list(accounts)}))
    return seed.read(path)


def _account(name="acc", **client):
    values = {"client_id": "c", "client_secret": "s", "scopes": ["*"], "namespaces": ["default"], **client}
    return {"id": name, "secrets": {"API_KEY": "k"}, "clients": [values]}


def test_the_default_seed_has_the_documented_client(aws):
    seed.plant(seed.read(ROOT / "local" / "seed.json"), aws, ENVIRONMENT)
    found = ClientStore(aws.client("dynamodb"), "T").authenticate("local", "local-secret")
    assert (found.account, found.scopes) == ("acc_local", ("*",))


def test_planting_again_changes_nothing_until_the_file_does(aws, tmp_path):
    def items():
        return aws.client("dynamodb").scan(TableName="T")["Items"]

    seed.plant(_written(tmp_path, _account()), aws, ENVIRONMENT)
    first = items()
    seed.plant(_written(tmp_path, _account()), aws, ENVIRONMENT)
    assert items() == first
    seed.plant(_written(tmp_path, _account(client_secret="other")), aws, ENVIRONMENT)
    store = ClientStore(aws.client("dynamodb"), "T")
    assert store.authenticate("c", "s") is None
    assert store.authenticate("c", "other") is not None


def test_secrets_are_where_the_engine_reads_them(aws, tmp_path):
    seed.plant(_written(tmp_path, _account()), aws, ENVIRONMENT)
    assert SecretStore(aws.client("secretsmanager"), "p", lambda: 0).read("acc") == {"API_KEY": "k"}


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ({"id": 1}, "'id' is missing or not a text"),
        ({"id": "acc", "clients": [{"client_id": "c"}]}, "'client_secret' is missing"),
        (_account(acts_for_people="yes"), "'acts_for_people' is missing or not true or false"),
    ],
)
def test_a_wrong_field_is_named(tmp_path, account, words):
    with pytest.raises(LocalRunError, match=words):
        _written(tmp_path, account)


def test_a_client_of_another_account_and_a_bad_scope_are_one_line_each(aws, tmp_path):
    seed.plant(_written(tmp_path, _account()), aws, ENVIRONMENT)
    with pytest.raises(LocalRunError, match=r"taken.*FRESH=1"):
        seed.plant(_written(tmp_path, _account("other")), aws, ENVIRONMENT)
    with pytest.raises(LocalRunError, match="'x' is not a scope"):
        seed.plant(_written(tmp_path, _account(client_id="d", scopes=["x"])), aws, ENVIRONMENT)


def test_a_client_may_be_given_the_right_to_act_for_people(aws, tmp_path):
    store = ClientStore(aws.client("dynamodb"), "T")
    for given, expected in (({}, False), ({"acts_for_people": True}, True), ({"acts_for_people": False}, False)):
        seed.plant(_written(tmp_path, _account(**given)), aws, ENVIRONMENT)
        assert store.get("c").speaks_for_people is expected
