"""Files of forms, from announcing one to the end of its days. The bucket here takes anything: it checks no policy."""

from typing import Any

import pytest
import requests

from interactor.core.times import DAY, MINUTE, SECOND
from tests.support.deployed.deployment import NO_TOKEN, Deployment
from tests.support.deployed.files import CONTENT, PDF, announce, form, send, shown, uploaded
from tests.support.workflows.definitions import halting, one

GONE = (404, "file_not_found")


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    shared.define(one(form(), name="files", again=form(), **{"begin": form(transitions=[{"target": "again"}])}))
    shared.define(one(halting(), name="plain"))
    return shared


def wrong(answer: Any) -> dict[str, str]:
    """The messages of a validation error by field."""
    assert answer.refusal == (400, "validation_error")
    return {each["field"]: each["message"] for each in answer.error["details"]}


def test_a_file_goes_from_its_owner_to_the_bucket_into_the_data_and_back(api: Deployment) -> None:
    instance = api.start("files")["id"]
    upload = announce(api, instance, content_type="Application/PDF; v=1").data
    assert (upload["name"], upload["content_type"], upload["size"]) == ("contract.pdf", PDF, len(CONTENT))
    assert (upload["field"], upload["thread_id"]) == ("contract", "thread_main")
    assert upload["fields"]["key"] == f"acc_1/{instance}/{upload['id']}"
    assert shown(api, instance, upload["id"]).refusal == GONE
    assert send(upload) == 204
    resumed = api.resume(instance, {"contract": upload["id"], "note": "ok"}).data
    value = {"id": upload["id"], "name": "contract.pdf", "content_type": PDF, "size": len(CONTENT)}
    assert resumed["workflow_data"] == {"contract": value, "note": "ok"}
    link = shown(api, instance, upload["id"]).data
    assert {name: link[name] for name in value} == value
    answer = requests.get(link["url"], timeout=10)
    assert answer.content == CONTENT
    assert (
        answer.headers["Content-Disposition"] == "attachment; filename=\"contract.pdf\"; filename*=UTF-8''contract.pdf"
    )
    assert answer.headers["Content-Type"] == PDF


def test_several_files_become_a_list(api: Deployment) -> None:
    instance = api.start("files")["id"]
    ids = [uploaded(api, instance, b"x" * size) for size in range(1, 6)]
    data = api.resume(instance, {"contract": ids}).data["workflow_data"]
    assert [(each["id"], each["size"]) for each in data["contract"]] == list(zip(ids, range(1, 6), strict=True))


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"field": "nothing"}, {"field"}),
        ({"field": "note"}, {"field"}),
        ({"content_type": "image/png"}, {"content_type"}),
        ({"content_type": "image/png", "name": "a.txt"}, set()),
        ({"size": 1001}, {"size"}),
        ({"size": 0, "name": "a\r\nb", "content_type": "x"}, {"name", "content_type", "size"}),
        ({"field": "photo", "content_type": "image/png", "size": 10 * 2**20 + 1}, {"size"}),
        ({"field": "photo", "content_type": "image/png", "size": 10 * 2**20}, set()),
        ({"size": "5"}, {"size"}),
        ({"size": 5.5}, {"size"}),
        ({"size": True}, {"size"}),
        ({"size": 2**70}, {"size"}),
        ({"name": None, "content_type": 5, "field": ["contract"]}, {"name", "content_type", "field"}),
        ({"replaces": "file_01hx0000000000000000000000"}, {"replaces"}),
        ({"replaces": "../x#N"}, {"replaces"}),
        ({"replaces": ""}, {"replaces"}),
        ({"replaces": "N#0000000002#contract"}, {"replaces"}),
        ({"replaces": "x" * 1_000}, {"replaces"}),
        ({"thread_id": 5}, {"thread_id"}),
    ],
)
def test_what_a_field_does_not_take_is_refused_naming_what(api: Deployment, body: Any, fields: set[str]) -> None:
    instance = api.start("files")["id"]
    answer = announce(api, instance, **body)
    if not fields:
        assert answer.status == 201
    else:
        assert wrong(answer).keys() == fields
        assert not [item for item in api.items() if item["pk"]["S"].endswith(f"#F#{instance}")]


def test_the_message_names_the_field_and_what_it_takes(api: Deployment) -> None:
    instance = api.start("files")["id"]
    assert wrong(announce(api, instance, field="x"))["field"] == (
        "The form at 'begin' has no file field 'x'; its file fields: contract, photo"
    )
    message = wrong(announce(api, instance, content_type="image/png"))["content_type"]
    assert message == "'contract' takes application/pdf, .txt, not image/png"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c.pdf", "契約書 👩‍💻.pdf", '";x=.pdf', "%2e%2e%2f", "-rf"])
def test_a_hostile_name_is_data_and_no_path(api: Deployment, name: str) -> None:
    instance = api.start("files")["id"]
    upload = announce(api, instance, name=name).data
    assert upload["name"] == name
    assert upload["fields"]["key"] == f"acc_1/{instance}/{upload['id']}"
    send(upload)
    assert api.resume(instance, {"contract": upload["id"]}).data["workflow_data"]["contract"]["name"] == name
    answer = requests.get(shown(api, instance, upload["id"]).data["url"], timeout=10)
    given = answer.headers["Content-Disposition"]
    assert given.isascii()
    assert not set("/\\\r\n") & set(given)
    assert given.count('"') == 2


def test_a_name_of_ten_kilobytes_is_too_much(api: Deployment) -> None:
    instance = api.start("files")["id"]
    assert announce(api, instance, name="x" * 10_240).refusal == (413, "payload_too_large")
    assert wrong(announce(api, instance, name="x" * 256)).keys() == {"name"}


def test_only_what_waits_with_a_form_takes_files(api: Deployment) -> None:
    path = "/workflows/instances/inst_01hx0000000000000000000000/files"
    assert api.call("POST", path, {}).refusal == (404, "instance_not_found")
    plain = api.start("plain")["id"]
    assert wrong(announce(api, plain))["field"].endswith("its file fields: none")
    assert announce(api, plain, thread_id="thread_x").refusal == (404, "thread_not_found")
    api.resume(plain)
    assert announce(api, plain).refusal == (400, "instance_not_halted")
    cancelled = api.start("files")["id"]
    api.call("POST", f"/workflows/instances/{cancelled}/pause")
    assert announce(api, cancelled).refusal == (409, "instance_paused")
    api.call("POST", f"/workflows/instances/{cancelled}/cancel")
    assert announce(api, cancelled).refusal == (400, "instance_not_halted")


def test_of_several_halted_threads_one_is_named(api: Deployment) -> None:
    fork = {"threads": {"a": {"target": "wait"}, "b": {"target": "wait"}}, "join": {"target": "done"}}
    api.define(one({"type": "action", "fork": fork}, name="forked", wait=form(), end={"type": "terminal"}) | {})
    instance = api.start("forked")["id"]
    assert announce(api, instance).refusal == (400, "thread_required")
    mine = uploaded(api, instance, thread_id="thread_a")
    path = f"/workflows/instances/{instance}/threads"
    refused = api.call("POST", f"{path}/thread_b/resume", {"input": {"contract": mine}})
    assert "names no file that was announced for it in this halt" in wrong(refused)["contract"]
    assert api.call("POST", f"{path}/thread_a/resume", {"input": {"contract": mine}}).status == 200


def test_six_files_are_too_many_until_one_takes_the_place_of_another(api: Deployment) -> None:
    instance = api.start("files")["id"]
    ids = [announce(api, instance).data["id"] for _ in range(5)]
    message = wrong(announce(api, instance))["field"]
    assert message.startswith("'contract' has 5 files already")
    assert "replaces" in message
    replacing = announce(api, instance, replaces=ids[0]).data
    assert wrong(announce(api, instance)).keys() == {"field"}
    assert wrong(announce(api, instance, replaces=ids[0])).keys() == {"replaces"}
    send(replacing)
    assert "names no file" in wrong(api.resume(instance, {"contract": ids[0]}))["contract"]
    assert api.resume(instance, {"contract": replacing["id"]}).status == 200
    assert announce(api, instance).status == 201, "the next halt has its own five"
    assert wrong(announce(api, instance, replaces=ids[1])).keys() == {"replaces"}


def test_replacing_has_an_end_too(api: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interactor.files.store.UPLOADS_PER_FIELD", 4)
    instance = api.start("files")["id"]
    last = announce(api, instance).data["id"]
    for _ in range(3):
        last = announce(api, instance, replaces=last).data["id"]
    assert "takes no more" in wrong(announce(api, instance, replaces=last))["field"]
    assert "takes no more" in wrong(announce(api, instance))["field"]
    assert announce(api, instance, field="photo", content_type="image/png").status == 201


def test_whatever_is_no_file_of_this_field_is_refused_alike_and_changes_nothing(api: Deployment) -> None:
    instance, other = api.start("files")["id"], api.start("files")["id"]
    stranger = api.token(account="acc_2")
    api.define(one(form(), name="files"), stranger)
    theirs = api.start("files", token=stranger)["id"]
    foreign = announce(api, theirs, stranger).data
    send(foreign)
    earlier = api.start("files")["id"]
    used = uploaded(api, earlier)
    api.resume(earlier, {"contract": used})
    before = api.get(instance)
    ids = {
        "unknown": "file_01hx0000000000000000000000",
        "another account's": foreign["id"],
        "another instance's": uploaded(api, other),
        "another field's": uploaded(api, instance, field="photo", content_type="image/png"),
    }
    messages = set()
    for what, file_id in ids.items():
        message = wrong(api.resume(instance, {"contract": file_id}))["contract"]
        messages.add(message.replace(file_id, "ID"))
        assert api.get(instance) == before, what
    assert len(messages) == 1
    assert used in wrong(api.resume(earlier, {"contract": used, "note": "2"}))["contract"], "another halt's"


def test_all_that_is_wrong_with_an_input_is_told_at_once(api: Deployment) -> None:
    instance = api.start("files")["id"]
    never = announce(api, instance).data["id"]
    photo = announce(api, instance, field="photo", content_type="image/png", size=3).data
    send(photo, b"four")
    found = wrong(api.resume(instance, {"contract": [never], "photo": photo["id"], "note": "too long"}))
    assert found.keys() == {"contract", "photo", "note"}
    assert "nothing was uploaded yet" in found["contract"]
    assert "was announced with 3 bytes of image/png, but 4 bytes of image/png were uploaded" in found["photo"]
    send(photo, b"abc", **{"Content-Type": "text/html"})
    assert "takes image/*, not text/html" in wrong(api.resume(instance, {"photo": photo["id"]}))["photo"]
    send(photo, b"abc")
    assert api.resume(instance, {"photo": photo["id"]}).status == 200


def test_contents_that_were_decided_on_cannot_be_exchanged(api: Deployment) -> None:
    instance = api.start("files")["id"]
    upload = announce(api, instance).data
    first, later = CONTENT, CONTENT[::-1]
    send(upload, later)
    send(upload, first)
    assert requests.get(shown(api, instance, upload["id"]).data["url"], timeout=10).content == first
    link = shown(api, instance, upload["id"]).data["url"]
    assert api.resume(instance, {"contract": upload["id"]}).status == 200
    send(upload, later)
    assert requests.get(shown(api, instance, upload["id"]).data["url"], timeout=10).content == first
    assert requests.get(link, timeout=10).content == first
    assert wrong(announce(api, instance, replaces=upload["id"])).keys() == {"replaces"}


def test_a_refused_resume_pins_nothing(api: Deployment) -> None:
    instance = api.start("files")["id"]
    upload = announce(api, instance).data
    send(upload)
    assert wrong(api.resume(instance, {"contract": upload["id"], "note": "too long"})).keys() == {"note"}
    send(upload, CONTENT[::-1])
    assert api.resume(instance, {"contract": upload["id"]}).status == 200
    link = shown(api, instance, upload["id"]).data["url"]
    assert requests.get(link, timeout=10).content == CONTENT[::-1]


def test_a_key_announces_once_and_answers_the_same(api: Deployment) -> None:
    instance = api.start("files")["id"]
    first = announce(api, instance, key="k")
    again = announce(api, instance, key="k")
    assert (again.status, again.raw) == (201, first.raw)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert announce(api, instance, key="k", name="other.pdf").refusal == (409, "idempotency_conflict")
    for _ in range(4):
        assert announce(api, instance).status == 201
    assert wrong(announce(api, instance)).keys() == {"field"}
    assert send(first.data) == 204
    api.resume(instance, {"contract": first.data["id"]})
    assert announce(api, instance, key="k").raw == first.raw, "whatever the instance does meanwhile"


def test_of_two_requests_with_one_key_at_once_one_announces(api: Deployment) -> None:
    instance = api.start("files")["id"]
    answers: list[Any] = []
    with api.interposed("TransactWriteItems", lambda: answers.append(announce(api, instance, key="two"))):
        second = announce(api, instance, key="two")
    assert second.raw == answers[0].raw
    assert len([item for item in api.items() if item["pk"]["S"].endswith(f"#F#{instance}")]) == 2


def test_files_are_their_instances_and_so_their_tenants(api: Deployment) -> None:
    instance = api.start("files")["id"]
    file_id = uploaded(api, instance)
    nowhere = "inst_01hx0000000000000000000000"
    for token in (api.token(account="acc_2"), api.token(namespaces=("elsewhere",))):
        for act in (announce(api, instance, token), shown(api, instance, file_id, token)):
            assert act.refusal == (404, "instance_not_found")
        told = shown(api, nowhere, file_id, token).error["message"]
        assert shown(api, instance, file_id, token).error["message"].replace(instance, nowhere) == told
    other = api.start("files")["id"]
    assert shown(api, other, file_id).refusal == GONE
    for bad in ("file_01hx0000000000000000000000", "M", "N#0000000001#contract", "..%2F" + file_id):
        assert shown(api, instance, bad).refusal == GONE
    reader = api.token(scopes=("workflows:read",))
    assert announce(api, instance, reader).refusal == (403, "forbidden")
    assert shown(api, instance, file_id, reader).status == 200
    assert announce(api, instance, NO_TOKEN).refusal == (401, "unauthorized")


def test_an_optional_file_may_be_left_out_and_taken_back(api: Deployment) -> None:
    instance = api.start("files")["id"]
    assert api.resume(instance, {"contract": "", "note": "x"}).data["workflow_data"] == {"contract": None, "note": "x"}


# Cleaning


def left(api: Deployment, instance: str) -> tuple[int, int]:
    """How many items and contents there are of an instance's files."""
    bucket = api.stack.reference("FilesBucket")
    listed = api.clients["s3"].list_object_versions(Bucket=bucket, Prefix=f"acc_1/{instance}/")
    items = [item for item in api.items() if item["pk"]["S"].endswith(f"#F#{instance}")]
    return len(items), len(listed.get("Versions", [])) + len(listed.get("DeleteMarkers", []))


def ended(api: Deployment) -> tuple[str, str]:
    """An instance that ended with a file in its data, another that was never used, and one that was never sent."""
    api.define(one(form(), name="flow"))
    instance = api.start("flow")["id"]
    file_id = uploaded(api, instance)
    uploaded(api, instance)
    announce(api, instance)
    assert api.resume(instance, {"contract": file_id}).data["status"] == "completed"
    return instance, file_id


def test_files_are_hidden_and_deleted_a_week_after_the_end_and_the_history_stays(deployment: Deployment) -> None:
    instance, file_id = ended(deployment)
    upload = {"id": file_id}
    deployment.clock.advance(7 * DAY - MINUTE)
    deployment.tick()
    assert left(deployment, instance) == (4, 2)
    assert shown(deployment, instance, file_id).status == 200
    deployment.clock.advance(2 * MINUTE)
    assert shown(deployment, instance, upload["id"]).refusal == GONE
    deployment.tick()
    assert left(deployment, instance) == (0, 0)
    assert deployment.get(instance)["workflow_data"]["contract"]["id"] == file_id
    deployment.sent.clear()
    deployment.tick()
    assert deployment.sent == [], "the clock has nothing to do until the history's date"
    deployment.clock.advance(23 * DAY)
    deployment.tick()
    assert not [item for item in deployment.items() if instance in item["pk"]["S"]]


def test_files_go_with_the_instance_where_that_is_sooner(deploy: Any) -> None:
    deployment: Deployment = deploy(FileRetention="0", RetentionAfterEnd="2d")
    instance, _ = ended(deployment)
    deployment.clock.advance(2 * DAY + SECOND)
    deployment.tick()
    assert left(deployment, instance) == (0, 0)
    assert not [item for item in deployment.items() if instance in item["pk"]["S"]]


def test_an_instance_that_never_asked_for_files_is_not_looked_at_for_them(deployment: Deployment) -> None:
    deployment.define(one(halting(), name="plain"))
    instance = deployment.start("plain")["id"]
    deployment.resume(instance)
    deployment.clock.advance(8 * DAY)
    deployment.sent.clear()
    deployment.tick()
    assert deployment.sent == []


def test_many_files_are_deleted_over_several_messages_and_after_a_broken_one(
    deploy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interactor.files.store.REMOVED_PER_CALL", 2)
    monkeypatch.setattr("interactor.files.bucket.REMOVED_PER_CALL", 1)
    deployment: Deployment = deploy(FileRetention="1d")
    instance, _ = ended(deployment)
    deployment.clock.advance(DAY + SECOND)
    deployment.invoke("tick_clock", {})
    deployment.work("StepsQueue")
    assert left(deployment, instance) == (4, 1)
    deployment.errors_expected = True
    with deployment.interposed("BatchWriteItem", _die):
        deployment.work("StepsQueue")
    assert left(deployment, instance) == (4, 0), "contents go first, so that none is left without its item"
    deployment.purge("StepsQueue")
    deployment.tick()
    assert left(deployment, instance) == (0, 0)


def _die() -> None:
    raise RuntimeError("the worker died")
