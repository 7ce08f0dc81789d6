"""A served sample template: its routes, queues, stream, schedule and resources, on a real MiniStack."""

import base64
import json

import pytest
import requests

from tests.support.local_run import client, eventually, rows, start


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with start(tmp_path_factory.mktemp("run") / "local", Greeting="good day", Limit="0") as launched:
        yield launched


def test_a_request_reaches_its_function_as_an_event_and_its_answer_comes_back(run):
    answer = requests.get(f"{run.url}/things/a%2Fb?x=1&x=2", headers={"X-Twice": "1"}, timeout=10)
    assert answer.status_code == 201
    assert answer.headers["x-seen"] == "yes"
    assert answer.cookies.get_dict() == {"a": "1", "b": "2"}
    event = answer.json()["event"]
    assert event["version"] == "2.0"
    assert event["routeKey"] == "GET /api/v1/things/{id}"
    assert event["pathParameters"] == {"id": "a/b"}
    assert event["queryStringParameters"] == {"x": "1,2"}
    assert event["headers"]["x-twice"] == "1"
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"


def test_a_header_is_handed_on_as_utf8_and_what_is_none_stays_tellable(run):
    sent = {"X-Name": "Łukasz".encode(), "X-Other": b"Jos\xe9", "X-Plain": "50%"}
    headers = requests.get(f"{run.url}/things/1", headers=sent, timeout=10).json()["event"]["headers"]
    assert (headers["x-name"], headers["x-other"], headers["x-plain"]) == ("Łukasz", "Jos\udce9", "50%")


def test_the_context_is_lambdas(run):
    context = requests.get(f"{run.url}/things/1", timeout=10).json()["context"]
    assert context["function_name"] == "interactor-local-EchoFunction"
    assert context["arn"] == "arn:aws:lambda:us-east-1:000000000000:function:interactor-local-EchoFunction"
    assert context["memory"] == 256
    assert 19_000 < context["remaining"] <= 20_000
    assert len(context["request"]) == 36


def test_parameters_come_from_the_environment_and_reach_the_functions(run):
    found = requests.get(f"{run.url}/things/1", timeout=10).json()["environment"]
    assert found == {"GREETING": "good day", "JOINED": "interactor-local-b", "LIMIT": "0"}


def test_a_known_path_with_another_method_takes_the_default_route(run):
    assert requests.delete(f"{run.url}/items/1", timeout=10).json()["event"]["routeKey"] == "$default"
    assert requests.put(f"{run.url}/items/1", timeout=10).json()["event"]["routeKey"] == "PUT /api/v1/items/{id}"


def test_a_crash_is_api_gateways_500_and_the_run_goes_on(run):
    answer = requests.get(f"{run.url}/crash", timeout=10)
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    assert requests.get(f"{run.url}/plain", timeout=10).json() == {"no": "status"}


def test_a_body_over_ten_megabytes_is_refused_in_api_gateways_words(run):
    answer = requests.post(f"{run.url}/things", data=b"x" * (10 * 1024 * 1024 + 1), timeout=20)
    assert (answer.status_code, answer.json()) == (413, {"message": "Request Entity Too Large"})


def test_a_message_reaches_its_function_in_awss_shape_within_moments(run):
    requests.post(f"{run.url}/send", params={"body": json.dumps({"pk": "shape"})}, timeout=10)
    seen = json.loads(eventually(lambda: rows(run, "shape").get("W#1"))["seen"])
    record = seen["record"]
    assert json.loads(record["body"]) == {"pk": "shape"}
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:000000000000:interactor-local-work"
    assert record["awsRegion"] == "us-east-1"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"]["MessageGroupId"] == "group"
    assert seen["at"] - int(record["attributes"]["SentTimestamp"]) / 1000 < 1


def test_a_message_reported_as_failed_comes_again_and_is_deleted_when_done(run):
    requests.post(f"{run.url}/send", params={"body": json.dumps({"pk": "again", "failures": 1})}, timeout=10)
    eventually(lambda: "W#2" in rows(run, "again"))
    sqs = client(run, "sqs")
    url = sqs.get_queue_url(QueueName="interactor-local-work")["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def empty():
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return set(counts.values()) == {"0"}

    eventually(empty)
    assert set(rows(run, "again")) == {"W#1", "W#2"}


def test_a_message_whose_function_crashes_every_time_ends_in_the_dead_letter_queue(run):
    body = json.dumps({"pk": "crash", "crash": True})
    requests.post(f"{run.url}/send", params={"body": body}, timeout=10)
    assert eventually(lambda: _received(run, "interactor-local-DeadLetterQueue")) == [body]
    assert set(rows(run, "crash")) == {"W#1", "W#2", "W#3"}


def test_a_stream_record_that_the_filter_lets_through_reaches_its_function_once(run):
    for sk in ("M", "H#1"):
        requests.get(f"{run.url}/put", params={"pk": "stream", "sk": sk}, timeout=10)
    found = eventually(lambda: rows(run, "stream").get("RH#1"))
    assert found["times"] == "1"
    record = json.loads(found["seen"])
    assert record["eventName"] == "INSERT"
    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventSourceARN"].startswith("arn:aws:dynamodb:us-east-1:000000000000:table/interactor-local-Table/")
    assert record["dynamodb"]["Keys"] == {"pk": {"S": "stream"}, "sk": {"S": "H#1"}}
    assert base64.b64decode(record["dynamodb"]["NewImage"]["raw"]["B"]) == b"\x00\xff"
    assert record["dynamodb"]["SequenceNumber"].isdigit()
    assert "RM" not in rows(run, "stream")


def test_a_record_that_keeps_failing_is_given_up_and_does_not_hold_the_next(run):
    for sk in ("H#poison", "H#after"):
        requests.get(f"{run.url}/put", params={"pk": "poisoned", "sk": sk}, timeout=10)
    eventually(lambda: rows(run, "poisoned").get("RH#after"))
    [text] = eventually(lambda: _received(run, "interactor-local-GivenUpQueue"))
    assert json.loads(text)["DDBStreamBatchInfo"]["batchSize"] == 1


def test_the_schedule_ticks_by_the_local_clock(run):
    found = eventually(lambda: int(rows(run, "clock").get("ticks", {"times": 0})["times"]) > 3 and rows(run, "clock"))
    event = json.loads(found["ticks"]["seen"])
    assert event["source"] == "aws.events"
    assert event["detail-type"] == "Scheduled Event"
    assert event["detail"] == {}


def test_keys_indexes_ttl_and_secrets_are_made_as_declared(run):
    table = client(run, "dynamodb").describe_table(TableName="interactor-local-Table")["Table"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by_due"]
    ttl = client(run, "dynamodb").describe_time_to_live(TableName="interactor-local-Table")["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "expires_at")
    key = client(run, "kms").describe_key(KeyId="alias/interactor-local-SigningKey")["KeyMetadata"]
    assert (key["KeySpec"], key["KeyUsage"]) == ("RSA_2048", "SIGN_VERIFY")
    secret = client(run, "secretsmanager").get_secret_value(SecretId="interactor-local-Pepper")["SecretString"]
    assert len(secret) == 20


def test_what_functions_print_goes_to_the_log_and_not_to_the_console(run):
    requests.get(f"{run.url}/things/printed", timeout=10)
    assert "/api/v1/things/printed" in run.log.read_text()
    assert not any("printed" in line for line in run.lines)


def _received(run, name):
    sqs = client(run, "sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return [message["Body"] for message in sqs.receive_message(QueueUrl=url).get("Messages", [])]
