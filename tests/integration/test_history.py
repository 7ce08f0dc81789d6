"""The history endpoints, the data at every event, and the errors of all workflows (ruling 22, spec section History)."""

import random
import string
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactor.core import limits
from interactor.core.times import MINUTE
from tests.support.deployed import shapes
from tests.support.deployed.deployment import Answer, Deployment
from tests.support.outside import answer
from tests.support.workflows.definitions import halting, http, one, script

URL = "https://api.example.com/price"
LOOP = one(
    halting(transitions=[{"target": "work"}]),
    name="loop",
    work=script("return { n: (workflow_data.n || 0) + 1 }", "begin"),
)
_FORK = {"threads": {"a": {"target": "work"}, "b": {"target": "wait"}}, "join": {"target": "again"}}
FORK = one(
    {"type": "action", "fork": _FORK},
    name="fork",
    work=script("return { worked: 1 }", "end"),
    wait=halting(transitions=[{"target": "end"}]),
    end={"type": "terminal"},
    again=halting(
        transitions=[{"target": "begin", "condition": {"field": "more", "equals": True}}, {"target": "done"}]
    ),
)
CALLING = one(http(URL, "wait"), name="calling", wait=halting())


@pytest.fixture(scope="module")
def defined(shared: Deployment) -> Deployment:
    for definition in (LOOP, FORK, CALLING):
        shared.define(definition)
    return shared


@pytest.fixture
def api(defined: Deployment) -> Deployment:
    defined.clock.advance(MINUTE)  # past the rate limits of the test before
    return defined


def history(api: Deployment, instance_id: str, query: str = "", **rest: Any) -> Answer:
    return api.call("GET", f"/workflows/instances/{instance_id}/history{'?' if query else ''}{query}", **rest)


def all_of(api: Deployment, instance_id: str, query: str = "", limit: int = 1000) -> list[Any]:
    """Every event, page by page."""
    found: list[Any] = []
    cursor = ""
    for _ in range(100):
        page = history(api, instance_id, "&".join(filter(None, [query, f"limit={limit}", cursor]))).data
        found += page["events"]
        assert len(page["events"]) <= limit
        pagination = page["pagination"]
        assert pagination["has_more"] == (pagination["next_cursor"] is not None)
        if not pagination["has_more"]:
            return found
        cursor = f"cursor={pagination['next_cursor']}"
    raise AssertionError("the pages never ended")


def looped(api: Deployment, times: int = 3) -> str:
    instance: str = api.start("loop")["id"]
    for number in range(times):
        assert api.resume(instance, {f"k{number % 2}": number}).status == 200
        api.clock.advance(MINUTE)
    return instance


def test_the_history_tells_what_happened_oldest_first(api: Deployment) -> None:
    instance = looped(api, 1)
    found = history(api, instance).data
    assert {"instance_id": instance, "status": "halted"}.items() <= found.items()
    assert found["workflow_id"] == api.get(instance)["workflow_id"]
    assert found["pagination"] == {"has_more": False, "next_cursor": None}
    events = found["events"]
    assert [(each["type"], each["subtype"]) for each in events] == [
        ("lifecycle", "created"),
        ("halt", "waiting"),
        ("halt", "resumed"),
        ("transition", "state_change"),
        ("step", "completed"),
        ("transition", "state_change"),
        ("halt", "waiting"),
    ]
    assert [each["number"] for each in events] == list(range(1, 8))
    for each in events:
        assert shapes.is_id("evt", each["id"])
        assert shapes.is_time(each["timestamp"])
        assert each["thread"] == "thread_main"
        assert "workflow_data" not in each
    resumed, moved, stepped, back = events[2:6]
    assert resumed["input"] == {"k0": 0}
    assert resumed["by"] == "client_1"
    assert resumed["changes"] == moved["changes"] == {"added": {"k0": 0}}
    assert (moved["from_state"], moved["to_state"], moved["trigger"]) == ("begin", "work", "input")
    assert stepped["changes"] == back["changes"] == {"added": {"n": 1}}
    assert back["trigger"] == "automatic"


@pytest.mark.parametrize(
    ("limit", "query"), [(1, "include_data=true"), (3, "types=transition,halt"), (4, ""), (11, "include_data=true")]
)
def test_the_pages_hold_every_event_once_and_in_order(api: Deployment, limit: int, query: str) -> None:
    instance = _shared(api, "paged", lambda: looped(api, 3))
    whole = history(api, instance, f"limit=1000&{query}").data["events"]
    assert all_of(api, instance, query, limit) == whole
    if "types" not in query:
        assert [each["number"] for each in whole] == list(range(1, len(whole) + 1))


_made: dict[str, str] = {}


def _shared(api: Deployment, name: str, make: Any) -> str:
    """An instance that several tests only read."""
    if (api.table + name) not in _made:
        _made[api.table + name] = make()
    return _made[api.table + name]


def test_events_that_come_between_two_pages_are_on_the_next_one(api: Deployment) -> None:
    instance = looped(api, 1)
    first = history(api, instance, "limit=7").data
    assert first["pagination"]["has_more"] is False
    page = history(api, instance, "limit=6").data
    api.resume(instance, {})
    rest = history(api, instance, f"limit=100&cursor={page['pagination']['next_cursor']}").data["events"]
    assert [each["number"] for each in page["events"] + rest] == list(range(1, 13))


def test_a_read_page_of_records_that_has_nothing_fitting_has_a_next_one(
    api: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interactor.instances.history.RECORDS_PER_READ", 2)
    instance = looped(api, 4)
    page = history(api, instance, "types=error").data
    assert (page["events"], page["pagination"]["has_more"]) == ([], True)
    assert all_of(api, instance, "types=error") == []
    assert [each["number"] for each in all_of(api, instance)] == list(range(1, 23))
    assert len(all_of(api, instance, "types=lifecycle,step")) == 5


def test_a_page_ends_at_its_size(api: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = _shared(api, "paged", lambda: looped(api, 3))
    whole = history(api, instance).data["events"]
    monkeypatch.setattr("interactor.instances.history.PAGE_BYTES", 1_000)
    page = history(api, instance)
    assert 0 < len(page.data["events"]) < len(whole)
    assert len(page.raw or "") < 4_000
    assert all_of(api, instance) == whole


@pytest.mark.parametrize("name", ["transition", "step", "halt", "error", "lifecycle"])
def test_types_are_chosen(api: Deployment, name: str) -> None:
    instance = _shared(api, "paged", lambda: looped(api, 3))
    whole = history(api, instance).data["events"]
    assert history(api, instance, f"types={name}").data["events"] == [each for each in whole if each["type"] == name]
    both = history(api, instance, f"types={name},%20halt").data["events"]
    assert both == [each for each in whole if each["type"] in (name, "halt")]


def test_times_are_bounds_that_are_not_within(api: Deployment) -> None:
    instance = _shared(api, "paged", lambda: looped(api, 3))
    whole = history(api, instance).data["events"]
    times = sorted({each["timestamp"] for each in whole})
    low, high = times[1], times[-1]
    inside = [each for each in whole if low < each["timestamp"] < high]
    assert inside
    assert history(api, instance, f"since={low}&until={high}").data["events"] == inside
    shifted = quote(low.replace("Z", "+00:00"))
    assert history(api, instance, f"since={shifted}").data["events"] == [e for e in whole if e["timestamp"] > low]
    assert history(api, instance, f"since={high}&until={low}").data["events"] == []


def test_states_and_threads_are_chosen(api: Deployment) -> None:
    instance = _shared(api, "forked", lambda: forked(api))
    whole = history(api, instance).data["events"]
    mine = history(api, instance, "thread=thread_a").data["events"]
    assert mine == [each for each in whole if each["thread"] == "thread_a"]
    assert {each["subtype"] for each in mine} == {"state_change", "completed"}
    at = history(api, instance, "state=wait").data["events"]
    assert [(each["type"], each["subtype"]) for each in at] == [
        ("transition", "state_change"),
        ("halt", "waiting"),
        ("halt", "resumed"),
        ("transition", "state_change"),
    ]
    assert history(api, instance, "thread=thread_none").data["events"] == []
    both = history(api, instance, "state=wait&types=halt&thread=thread_b").data["events"]
    assert [each["subtype"] for each in both] == ["waiting", "resumed"]


def forked(api: Deployment) -> str:
    instance: str = api.start("fork")["id"]
    path = f"/workflows/instances/{instance}/threads/thread_b/resume"
    assert api.call("POST", path, {"input": {"said": "yes"}}).data["current_state"] == "again"
    return instance


def test_a_fork_and_its_join_are_events(api: Deployment) -> None:
    instance = _shared(api, "forked", lambda: forked(api))
    events = history(api, instance, "include_data=true").data["events"]
    (fork,) = (each for each in events if each["subtype"] == "fork")
    (join,) = (each for each in events if each["subtype"] == "join")
    assert fork["threads"] == join["threads"] == ["thread_a", "thread_b"]
    assert fork["state"] == join["state"] == "begin"
    threads = {"a": "end", "b": "end"}
    assert join["changes"] == {"added": {"worked": 1, "said": "yes", "threads": threads}}
    assert join["workflow_data"] == {"worked": 1, "said": "yes", "threads": threads}
    seen = {each["thread"]: each["workflow_data"] for each in events if each["number"] < join["number"]}
    assert seen == {"thread_main": {}, "thread_a": {"worked": 1}, "thread_b": {"said": "yes"}}
    moved = next(each for each in events if each["number"] == join["number"] + 1)
    assert (moved["subtype"], moved["trigger"], moved["to_state"]) == ("state_change", "join", "again")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("types=transition,none", "types"),
        ("types=HALT", "types"),
        ("since=yesterday", "since"),
        ("until=2026-13-01T00:00:00Z", "until"),
        ("include_data=perhaps", "include_data"),
    ],
)
def test_wrong_parameters_are_named(api: Deployment, query: str, field: str) -> None:
    instance = _shared(api, "paged", lambda: looped(api, 3))
    refused = history(api, instance, query)
    assert refused.refusal == (400, "validation_error")
    assert [each["field"] for each in refused.error["details"]] == [field]


def test_all_wrong_filters_are_named_at_once(api: Deployment) -> None:
    instance = _shared(api, "paged", lambda: looped(api, 3))
    refused = history(api, instance, "types=x&since=x&until=x&include_data=x")
    assert [each["field"] for each in refused.error["details"]] == ["types", "since", "until", "include_data"]


def test_a_limit_above_the_most_is_cut_and_the_default_is_a_hundred(
    api: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = _shared(api, "paged", lambda: looped(api, 3))
    monkeypatch.setattr(limits, "HISTORY_PAGE_DEFAULT", 4)
    monkeypatch.setattr(limits, "HISTORY_PAGE_MAXIMUM", 6)
    assert len(history(api, instance).data["events"]) == 4
    assert len(history(api, instance, "limit=1001").data["events"]) == 6


def test_a_cursor_holds_for_its_query_only(api: Deployment) -> None:
    instance, other = _shared(api, "paged", lambda: looped(api, 3)), looped(api, 3)
    cursor = history(api, instance, "limit=2&types=halt").data["pagination"]["next_cursor"]
    assert history(api, instance, f"limit=5&types=halt&cursor={cursor}").status == 200
    for query in (f"cursor={cursor}", f"types=step&cursor={cursor}", f"types=halt&include_data=true&cursor={cursor}"):
        assert history(api, instance, query).refusal == (400, "invalid_cursor")
    assert history(api, other, f"types=halt&cursor={cursor}").refusal == (400, "invalid_cursor")
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for wrong in (changed, "", "x", "é", "A" * 400):
        assert history(api, instance, f"types=halt&cursor={quote(wrong)}").refusal == (400, "invalid_cursor")


def test_one_event_is_the_one_of_the_list(api: Deployment) -> None:
    instance = _shared(api, "forked", lambda: forked(api))
    for query in ("", "?include_data=true"):
        for each in history(api, instance, query[1:]).data["events"][bool(query) :: 2]:
            found = api.call("GET", f"/workflows/instances/{instance}/events/{each['id']}{query}").data
            assert found == each


@pytest.mark.parametrize(
    "event_id",
    [
        "evt_01kfdmdagyy4rdc3yf0jys7smn",
        "evt_00000000000000000000000000",
        "evt_7zzzzzzzzzzzzzzzzzzzzzzzzz",
        "evt_1",
        "x",
    ],
)
def test_an_event_that_is_not_there(api: Deployment, event_id: str) -> None:
    instance = _shared(api, "paged", lambda: looped(api, 3))
    refused = api.call("GET", f"/workflows/instances/{instance}/events/{event_id}")
    assert refused.refusal == (404, "event_not_found")


def test_an_event_of_another_instance_is_not_there(api: Deployment) -> None:
    instance, other = _shared(api, "paged", lambda: looped(api, 3)), _shared(api, "forked", lambda: forked(api))
    for each in history(api, other).data["events"][:4]:
        refused = api.call("GET", f"/workflows/instances/{instance}/events/{each['id']}")
        assert refused.refusal == (404, "event_not_found")


@pytest.mark.parametrize("rest", [{"account": "acc_2"}, {"namespaces": ("user_456",)}], ids=["account", "namespace"])
def test_another_tenants_history_does_not_exist(api: Deployment, rest: Any) -> None:
    instance = _shared(api, "paged", lambda: looped(api, 3))
    event = history(api, instance).data["events"][0]["id"]
    token = api.token(**rest)
    assert history(api, instance, token=token).refusal == (404, "instance_not_found")
    path = f"/workflows/instances/{instance}/events/{event}"
    assert api.call("GET", path, token=token).refusal == (404, "instance_not_found")


# The data at every event


def noise(size: int, seed: int) -> str:
    return "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=size))  # noqa: S311


def check_data(api: Deployment, instance: str) -> list[Any]:
    """Folding the changes by hand gives the data that the API tells; the last is what the instance has."""
    events = all_of(api, instance, "include_data=true", 9)
    layers: dict[str, Any] = {"thread_main": {}}
    for event in events:
        thread = event["thread"]
        if event["subtype"] == "fork":
            layers |= {each: dict(layers[thread]) for each in event["threads"]}
        changes = event.get("changes", {})
        if event["type"] != "transition" or event["subtype"] == "join":
            data = {key: value for key, value in layers[thread].items() if key not in changes.get("removed", {})}
            moved = {key: pair["to"] for key, pair in changes.get("updated", {}).items()}
            layers[thread] = {**data, **changes.get("added", {}), **moved}
        assert event["workflow_data"] == layers[thread], (event["number"], event["subtype"])
    assert layers["thread_main"] == api.get(instance)["workflow_data"]
    for event in events[:: max(1, len(events) // 3)]:
        path = f"/workflows/instances/{instance}/events/{event['id']}?include_data=true"
        assert api.call("GET", path).data == event
    return events


@given(
    kinds=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0, 10, 900])), min_size=4, max_size=8),
    small=st.sampled_from([0, 1_000, 4_096]),
    often=st.sampled_from([2, 4, 50]),
)
@settings(max_examples=4, deadline=None, derandomize=True)
def test_folding_the_changes_gives_the_data_at_every_event(
    defined: Deployment, kinds: list[tuple[str, int]], small: int, often: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "SNAPSHOT_SMALL_BYTES", small)
        patch.setattr(limits, "RECORDS_PER_SNAPSHOT", often)
        instance = defined.start("loop")["id"]
        for number, (name, size) in enumerate(kinds):
            assert defined.resume(instance, {name: noise(size, number) if size else number}).status == 200
        defined.clock.advance(MINUTE)
        check_data(defined, instance)


@pytest.mark.parametrize("small", [0, 4_096])
def test_the_data_of_threads_is_told_at_every_event(
    api: Deployment, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(limits, "SNAPSHOT_SMALL_BYTES", small)
    instance = api.start("fork")["id"]
    path = f"/workflows/instances/{instance}"
    assert api.call("POST", f"{path}/threads/thread_b/resume", {"input": {"first": noise(500, 1)}}).status == 200
    assert api.resume(instance, {"more": True, "between": noise(300, 2)}).data["status"] == "halted"
    assert api.call("POST", f"{path}/threads/thread_b/resume", {"input": {"second": noise(500, 3)}}).status == 200
    assert api.resume(instance, {"more": False}).data["status"] == "completed"
    check_data(api, instance)


def test_what_an_outside_call_brought_is_told(api: Deployment) -> None:
    api.outside.will(URL, answer(200, {"price": 5}))
    instance = api.start("calling")["id"]
    api.drain()
    events = check_data(api, instance)
    step = next(each for each in events if each["type"] == "step")
    assert step["changes"]["added"]["begin"] == {"status": 200, "body": {"price": 5}}
    assert (step["http_status"], step["logic"], step["duration_ms"]) == (200, "http", 7)


def test_a_record_over_300_kb_is_read_from_its_parts(deployment: Deployment) -> None:
    deployment.define(LOOP)
    instance = deployment.start("loop")["id"]
    for number, name in enumerate(("a", "b", "c", "d")):
        assert deployment.resume(instance, {name: noise(62_000, number)}).status == 200
    # The whole data changes places in one commit, so that its record has the old, the new, and a snapshot.
    deployment.define(
        one(
            halting(transitions=[{"target": "fill"}]),
            name="large",
            fill=script(
                "let s = 1; const t = () => { let o = ''; while (o.length < 60000) "
                "{ s = (s * 48271) % 2147483647; o += s.toString(36) } return o }; "
                "return { a: t(), b: t(), c: t(), d: t() }",
                "swap",
            ),
            swap=script(
                "const d = workflow_data; return { a: d.b + '1', b: d.c + '2', c: d.d + '3', d: d.a + '4' }", "begin"
            ),
        )
    )
    instance = deployment.start("large")["id"]
    for _ in range(2):
        assert deployment.resume(instance).status == 200
    deployment.drain()
    assert any("parts" in item for item in deployment.items() if item["sk"]["S"].startswith("H#"))
    check_data(deployment, instance)
