"""The directory by its endpoints: groups, people and absence."""

from typing import Any
from urllib.parse import quote

import pytest

from interactor.core.times import DAY, iso
from tests.support.deployed.deployment import Answer, Deployment

HARD = ("R&D #1", "50%", "a/b", "%23", "Zo\u00eb", "\U0001f469\U0001f3fd", "..", "x" * 128)
NO_IDS = (" a", "a\u202eb", "\u200b", "x" * 129, "a\nb")
FROM, UNTIL = "2026-01-20T00:00:00Z", "2099-01-01T00:00:00Z"
WRONG_GROUPS: list[tuple[Any, str]] = [
    ({}, "members"),
    ({"members": None}, "members"),
    ({"members": "ann"}, "members"),
    ({"members": ["ann", 1]}, "members"),
    ({"members": ["ann", " "]}, "members[1]"),
    ({"members": [], "name": ""}, "name"),
    ({"members": [], "name": 5}, "name"),
    ({"members": [], "email": "ann"}, "email"),
    ({"members": [], "email": "a@b.org\r\nBcc: c@d.org"}, "email"),
    ({"members": [], "id": "x"}, "id"),
    ({"members": [str(number) for number in range(1_001)]}, "members"),
]
WRONG_AWAYS: list[tuple[Any, str]] = [
    ({"until": UNTIL, "substitute": "bo"}, "from"),
    ({"from": FROM, "substitute": "bo"}, "until"),
    ({"from": FROM, "until": UNTIL}, "substitute"),
    ({"from": "soon", "until": UNTIL, "substitute": "bo"}, "from"),
    ({"from": UNTIL, "until": FROM, "substitute": "bo"}, "until"),
    ({"from": FROM, "until": "2026-01-20T11:59:59Z", "substitute": "bo"}, "until"),
    ({"from": FROM, "until": UNTIL, "substitute": "ann"}, "substitute"),
    ({"from": FROM, "until": UNTIL, "substitute": " "}, "substitute"),
    ({"from": "0001-01-01T00:00:00+14:00", "until": UNTIL, "substitute": "bo"}, "from"),
]


@pytest.fixture
def api(deployment: Deployment) -> Deployment:
    return deployment


@pytest.fixture(scope="module")
def quiet(shared: Deployment) -> Deployment:
    """A deployment whose directory stays as it is."""
    return shared


def put(api: Deployment, group: str, members: list[str], **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.call("PUT", f"/groups/{quote(group, safe='')}", {"members": members}, headers=named)


def fields(answer: Answer) -> list[str]:
    assert answer.refusal == (400, "validation_error"), answer.raw
    return [each["field"] for each in answer.error["details"]]


def test_a_group_is_made_shown_changed_and_deleted(api: Deployment) -> None:
    body = {"name": "Finance", "email": "finance@example.org", "members": ["ann", "bo", "ann"]}
    made = api.call("PUT", "/groups/finance", body)
    assert made.status == 201
    assert made.headers["ETag"] == f'"{made.data["revision"]}"'
    assert made.data["members"] == ["ann", "bo"]
    assert (made.data["updated_by"], made.data["changing"]) == ("client_1", False)
    shown = api.call("GET", "/groups/finance")
    assert (shown.data, shown.headers["ETag"]) == (made.data, made.headers["ETag"])
    assert api.call("GET", "/people/ann").data["groups"] == ["finance"]
    assert put(api, "finance", ["bo"]).status == 200
    assert api.call("GET", "/people/ann").refusal == (404, "person_not_found")
    assert api.call("DELETE", "/groups/finance").status == 204
    assert api.call("DELETE", "/groups/finance").refusal == (404, "group_not_found")


def test_ids_of_any_characters_are_ids_and_nothing_else(api: Deployment) -> None:
    for name in HARD:
        assert put(api, name, list(HARD)).data["id"] == name
    for name in HARD:
        path = quote(name, safe="")
        assert api.call("GET", f"/groups/{path}").data["members"] == list(HARD)
        assert set(api.call("GET", f"/people/{path}").data["groups"]) == set(HARD)
    assert api.call("GET", "/groups/" + quote("Zoe\u0308")).data["id"] == "Zo\u00eb"
    listed: list[str] = []
    cursor = ""
    while cursor is not None:
        page = api.call("GET", f"/groups?limit=3{cursor and f'&cursor={cursor}'}").data
        listed += [each["id"] for each in page["groups"]]
        cursor = page["pagination"]["next_cursor"]
    assert sorted(listed) == sorted(HARD)


def test_a_list_goes_on_after_the_longest_id(api: Deployment) -> None:
    for name in ("\U0001f469" * 128, "\U0001f469" * 127 + "\U0001f46a"):
        put(api, name, ["ann"])
    page = api.call("GET", "/groups?limit=1").data
    rest = api.call("GET", f"/groups?limit=1&cursor={page['pagination']['next_cursor']}").data
    assert page["groups"][0]["id"] != rest["groups"][0]["id"]


@pytest.mark.parametrize("name", NO_IDS, ids=ascii)
def test_what_is_no_id_makes_nothing(quiet: Deployment, name: str) -> None:
    before = quiet.items()
    path = quote(name, safe="")
    assert fields(quiet.call("PUT", f"/groups/{path}", {"members": []})) == ["group_id"]
    assert fields(quiet.call("PUT", f"/people/{path}", {"name": "A"})) == ["person_id"]
    away = {"from": FROM, "until": UNTIL, "substitute": "bo"}
    assert fields(quiet.call("PUT", f"/people/{path}/away", away)) == ["person_id"]
    assert quiet.call("GET", f"/groups/{path}").refusal == (404, "group_not_found")
    assert quiet.call("GET", f"/people/{path}").refusal == (404, "person_not_found")
    assert quiet.items() == before


@pytest.mark.parametrize(("body", "field"), WRONG_GROUPS, ids=lambda given: str(given)[:40])
def test_a_wrong_group_is_refused_by_its_field(quiet: Deployment, body: Any, field: str) -> None:
    before = quiet.items()
    assert fields(quiet.call("PUT", "/groups/legal", body)) == [field]
    assert quiet.items() == before


@pytest.mark.parametrize(("body", "field"), WRONG_AWAYS, ids=lambda given: str(given)[:40])
def test_a_wrong_absence_is_refused_by_its_field(quiet: Deployment, body: Any, field: str) -> None:
    before = quiet.items()
    assert fields(quiet.call("PUT", "/people/ann/away", body)) == [field]
    assert quiet.items() == before


def test_a_thousand_members_are_put_shown_and_taken_out(api: Deployment) -> None:
    many = [f"person-{number:04}@example.org" for number in range(1_000)]
    put(api, "all", ["first"])
    assert put(api, "all", many).data["changing"] is False
    assert api.call("GET", "/groups/all").data["members"] == many
    assert api.call("GET", "/groups").data["groups"][0]["members"] == 1_000
    assert api.call("GET", f"/people/{many[-1]}").data["groups"] == ["all"]
    assert put(api, "all", ["first"]).data["members"] == ["first"]
    assert api.call("GET", f"/people/{many[-1]}").refusal == (404, "person_not_found")


def test_of_two_managers_the_one_who_read_the_former_state_is_told_so(api: Deployment) -> None:
    read = put(api, "legal", ["ann"]).headers["ETag"]
    changed = put(api, "legal", ["ann", "bo"], If_Match=read)
    refused = put(api, "legal", ["ann", "cy"], If_Match=read)
    assert refused.refusal == (409, "concurrent_modification")
    assert refused.error["details"] == {"revision": changed.data["revision"]}
    gone = api.call("DELETE", "/groups/legal", headers={"If-Match": read})
    assert gone.refusal == (409, "concurrent_modification")
    assert put(api, "legal", ["ann", "bo"], If_Match=read).data == changed.data, "sent again, it is so already"
    for tag in (f"W/{changed.headers['ETag']}", f'"other", {changed.headers["ETag"]}', "*"):
        assert put(api, "legal", ["ann", "bo"], If_Match=tag).status == 200
    assert put(api, "legal", [], If_Match=changed.data["revision"]).status == 200
    assert put(api, "none", [], If_Match=read).refusal == (409, "concurrent_modification")
    assert put(api, "legal", ["x"], If_None_Match="*").refusal == (409, "concurrent_modification")
    assert fields(put(api, "legal", ["x"], If_None_Match=read)) == ["If-None-Match"]


def test_a_rival_between_reading_and_writing_loses_nobody(api: Deployment) -> None:
    read = put(api, "legal", ["ann"]).headers["ETag"]

    def rival(*_: Any) -> None:
        put(api, "legal", ["rival"])

    with api.interposed("TransactWriteItems", rival):
        assert put(api, "legal", ["cy"], If_Match=read).refusal == (409, "concurrent_modification")
    assert api.call("GET", "/groups/legal").data["members"] == ["rival"]


def test_a_person_is_told_of_and_erased(api: Deployment) -> None:
    body = {"name": "Ann Example", "email": "ann@example.org", "locale": "en-GB"}
    assert api.call("PUT", "/people/ann", body).data | body == api.call("GET", "/people/ann").data
    put(api, "legal", ["ann", "bo"])
    assert api.call("PUT", "/people/ann", {"name": "Ann"}).data["email"] is None
    assert api.call("DELETE", "/people/ann").status == 204
    shown = api.call("GET", "/people/ann").data
    assert (shown["name"], shown["groups"]) == (None, ["legal"])
    assert fields(api.call("DELETE", "/people/ann?memberships=perhaps")) == ["memberships"]
    assert api.call("DELETE", "/people/ann?memberships=true").status == 204
    assert api.call("GET", "/people/ann").refusal == (404, "person_not_found")
    assert api.call("GET", "/groups/legal").data["members"] == ["bo"]
    assert "Ann" not in str(api.items())


def test_people_set_their_own_absence_and_no_others(api: Deployment) -> None:
    own, body = api.token(scopes=("tasks:respond",)), {"from": FROM, "until": UNTIL, "substitute": "bo"}
    ann, bo = {"X-Interactor-Actor": "ann"}, {"X-Interactor-Actor": "bo"}
    away = {"from": "2026-01-20T00:00:00.000Z", "until": "2099-01-01T00:00:00.000Z", "substitute": "bo"}
    assert api.call("PUT", "/people/ann/away", body, own, ann).data == away
    assert api.call("GET", "/people/ann", None, own, ann).data["away"] == away
    stood = {"person": "ann", "from": away["from"], "until": away["until"]}
    assert api.call("GET", "/people/bo", None, own, bo).data["stands_in_for"] == [stood]
    for headers in (bo, {}):
        for method, given in (("PUT", body), ("DELETE", None)):
            assert api.call(method, "/people/ann/away", given, own, headers).refusal == (403, "forbidden")
        for person in ("ann", "nobody"):
            assert api.call("GET", f"/people/{person}", None, own, headers).refusal == (403, "forbidden")
    manager = api.token(scopes=("tasks:manage",))
    assert api.call("PUT", "/people/ann/away", {**body, "substitute": "cy"}, manager).status == 200
    assert api.call("GET", "/people/bo", None, manager).refusal == (404, "person_not_found")
    assert api.call("DELETE", "/people/ann/away", None, own, ann).status == 204
    assert api.call("GET", "/people/ann", None, manager).data["away"] is None
    assert api.call("DELETE", "/people/ann/away", None, own, ann).status == 204


def test_an_absence_that_is_over_is_not_shown(api: Deployment) -> None:
    body = {"from": FROM, "until": iso(api.clock.now + DAY), "substitute": "bo"}
    api.call("PUT", "/people/ann/away", body)
    api.clock.advance(DAY)
    assert api.call("GET", "/people/ann").data["away"] is None
    assert api.call("GET", "/people/bo").data["stands_in_for"] == []


def test_another_accounts_directory_is_another(api: Deployment) -> None:
    theirs = api.token("acc_2")
    put(api, "legal", ["ann"])
    assert api.call("GET", "/groups/legal", token=theirs).refusal == (404, "group_not_found")
    assert api.call("GET", "/people/ann", token=theirs).refusal == (404, "person_not_found")
    assert api.call("GET", "/groups", token=theirs).data["groups"] == []
    assert api.call("PUT", "/groups/legal", {"members": ["bo"]}, theirs).status == 201
    assert api.call("DELETE", "/groups/legal", token=theirs).status == 204
    assert api.call("GET", "/groups/legal").data["members"] == ["ann"]
