"""One walk through the whole product, on which each function uses each of its permissions."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from typing import Any

from interactor.access.clients import ClientStore
from interactor.api.operations import TABLE
from interactor.core.logic import ScriptCall
from interactor.core.times import DAY
from interactor.sandbox import wire
from tests.support import events
from tests.support.rollout.emulated import Aws, Stack
from tests.support.rollout.grants import Grant
from tests.support.rollout.walk import Walk

ACCOUNT = "acc_1"
DRAINED = Grant("sqs:DeleteMessage", "ExhaustedQueue")


class _Answer(BaseHTTPRequestHandler):
    """Answers every POST with the status that its path names."""

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(int(self.path.rpartition("/")[2]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def outside() -> Iterator[str]:
    """A service on this machine that answers with the status in its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        serving.join(5)


def definition(outside: str) -> dict[str, Any]:
    """A workflow that runs a script, halts, and may call the outside."""
    logic = {
        "type": "http",
        "url": f"{outside}/500",
        "method": "POST",
        "headers": {"Authorization": "${secrets.TOKEN}"},
        "retry": {"attempts": 2, "backoff": "exponential"},
    }
    script = {"type": "script", "code": "return {known: typeof secrets.TOKEN};"}
    return {
        "name": "approval",
        "initial_state": "prepare",
        "states": {
            "prepare": {
                "type": "action",
                "logic": script,
                "transitions": [
                    {"target": "call", "condition": {"field": "input.call", "equals": True}},
                    {"target": "wait"},
                ],
            },
            "wait": {
                "type": "halting",
                "transitions": [
                    {"to": "call", "key": "call", "description": "Call"},
                    {"to": "look", "key": "look", "description": "Look"},
                    {"to": "fail", "key": "fail", "description": "Fail"},
                    {"to": "done", "key": "stop", "description": "Stop"},
                ],
            },
            "look": {"type": "action", "logic": script, "transitions": [{"target": "wait"}]},
            "fail": {
                "type": "action",
                "logic": {"type": "script", "code": "throw new Error(typeof secrets.TOKEN);"},
                "transitions": [{"target": "wait"}],
            },
            "call": {"type": "action", "logic": logic, "transitions": [{"target": "wait"}]},
            "done": {"type": "terminal"},
        },
    }


def registered(aws: Aws, stack: Stack) -> None:
    """A client and a secret, as the management command makes them."""
    store = ClientStore(aws.client("dynamodb"), stack.resources["Table"])
    store.put("client", "its-own-secret", ACCOUNT, ["*"], ["*"], 1_800_000_000_000)
    secret = {"Name": f"{stack.name}/accounts/{ACCOUNT}", "SecretString": json.dumps({"TOKEN": "its-value"})}
    aws.client("secretsmanager").create_secret(**secret)


GRANT = {"grant_type": "client_credentials", "client_id": "client", "client_secret": "its-own-secret"}


def walk(here: Walk, outside: str) -> None:
    """Define, publish, subscribe, start, halt, resume, cancel, call out, tick, relay, deliver, clean."""
    tokens(here)
    version = definitions(here, outside)
    gone, failing = subscriptions(here, outside)
    instances(here, version)
    script(here)
    files(here)
    deliveries(here, gone, failing)
    directory(here)
    tasks(here, outside)
    the_rest(here)
    endings(here)
    # What reads instances afterwards finds one.
    here.request("create_instance", {"input": {}}, 201, name="approval")


def script(here: Walk) -> None:
    """Run one as the others have it run."""
    call = ScriptCall("return {doubled: 2 * input.n}", {"input": {"n": 21}}, ACCOUNT)
    answer = here.run("run_script", json.loads(wire.to_run(call)))
    assert wire.outcome(json.dumps(answer).encode()).value == {"doubled": 42}  # type: ignore[union-attr]  # it succeeded


def tokens(here: Walk) -> None:
    """Get, refresh and revoke tokens; come with a used one."""
    given = here.request("create_token", GRANT)
    refresh = {"grant_type": "refresh_token", "client_id": "client", "refresh_token": given["refresh_token"]}
    refreshed = here.request("create_token", refresh)
    here.request("create_token", refresh, 401)
    again, other = (here.request("create_token", GRANT) for _ in range(2))
    here.token = again["access_token"]
    here.request("revoke_token", {"token": refreshed["access_token"]})
    here.request("revoke_token", {"token": other["refresh_token"]})
    here.request("get_jwks")
    here.request("get_schema")
    assert here.request("get_openapi")["openapi"] == "3.1.0"
    here.request("unknown_route", status=404)


def listed(here: Walk, called: str, **path: str) -> None:
    """Get a list, and come with a cursor that it did not give: to see that, it needs its key."""
    here.request(called, **path)
    here.request(called, query={"cursor": "A" * 40}, status=400, **path)


def definitions(here: Walk, outside: str) -> str:
    """Make a workflow; its version."""
    posted = definition(outside)
    assert here.request("validate_workflow", posted)["valid"]
    here.repeated("create_workflow", posted, 201)
    version: str = here.repeated("create_version", posted, 201, name="approval")["version_id"]
    here.repeated("publish_version", name="approval", version_id=version)
    listed(here, "list_workflows")
    here.request("get_workflow", name="approval")
    listed(here, "list_versions", name="approval")
    here.request("get_version", name="approval", version_id=version)
    here.request("get_diagram", name="approval", version_id=version)
    return version


def subscriptions(here: Walk, outside: str) -> tuple[str, str]:
    """Make two subscriptions: of an endpoint that is gone, and of one that fails."""

    def subscribe(status: int) -> str:
        asked = {"url": f"{outside}/{status}", "events": ["workflow.instance.halted"]}
        made: str = here.repeated("create_subscription", asked, 201)["id"]
        return made

    gone, failing = subscribe(410), subscribe(500)
    listed(here, "list_subscriptions")
    here.request("get_subscription", subscription_id=failing)
    here.request("update_subscription", {"namespace_filter": None}, subscription_id=failing)
    for called in ("disable_subscription", "enable_subscription", "rotate_secret"):
        here.repeated(called, subscription_id=failing)
    return gone, failing


def instances(here: Walk, version: str) -> None:
    """Start some, and do to them what can be done."""
    here.repeated("create_instance", {"input": {}}, 201, name="approval")
    one, two, three, four, five, six, seven = (
        here.request("create_instance", {"input": {}}, 201, name="approval")["id"] for _ in range(7)
    )
    here.request("create_instance", {"input": {"call": True}}, 201, name="approval")
    here.request("get_instance", instance_id=one)
    here.request("list_threads", instance_id=one)
    listed(here, "list_instances")
    for query in ({}, {"namespace": "default", "status": "halted"}, {"workflow_name": "approval"}):
        here.request("list_instances", query=query)
    main = {"instance_id": two, "thread_id": "thread_main"}
    here.request("resume_instance", {"selected_option": "look"}, instance_id=one, loses_answer=True)
    here.repeated("resume_instance", {"selected_option": "call"}, instance_id=one)
    here.request("resume_thread", {"selected_option": "look"}, **main, loses_answer=True)
    here.repeated("resume_thread", {"selected_option": "call"}, **main)
    here.request("resume_instance", {"selected_option": "stop"}, instance_id=five)
    here.request("resume_thread", {"selected_option": "stop"}, instance_id=six, thread_id="thread_main")
    here.request("resume_instance", {"selected_option": "fail"}, instance_id=seven)
    here.request("retry_instance", instance_id=seven, loses_answer=True)
    here.request("pause_instance", instance_id=two, loses_answer=True)
    here.request("unpause_instance", instance_id=two, loses_answer=True)
    for called in ("pause_instance", "unpause_instance"):
        here.repeated(called, instance_id=four)
    here.request("cancel_instance", instance_id=three, loses_answer=True)
    here.repeated("cancel_instance", instance_id=four)
    here.work("advance_steps", "StepsQueue", loses_answer=True)
    while (status := here.request("get_instance", instance_id=one)["status"]) == "running":
        here.work("advance_steps", "StepsQueue", later=60_000)
    assert status == "failed"
    here.repeated("retry_instance", instance_id=one)
    found = here.request("get_history", instance_id=one, query={"include_data": "true"})["events"]
    here.request("get_event", instance_id=one, event_id=found[0]["id"])
    listed(here, "get_history", instance_id=one)
    listed(here, "list_errors")
    here.request("get_instance_diagram", instance_id=one)


PAPER = {
    "name": "paper",
    "initial_state": "wait",
    "states": {
        "wait": {
            "type": "halting",
            "presentation": {"type": "form", "fields": [{"name": "contract", "type": "file", "label": "Contract"}]},
            "transitions": [{"target": "done"}],
        },
        "done": {"type": "terminal"},
    },
}


def files(here: Walk) -> None:
    """Announce files, put them where their forms would, look at them, and resume with them."""
    here.request("create_workflow", PAPER, 201)
    version = here.request("create_version", PAPER, 201, name="paper")["version_id"]
    here.request("publish_version", name="paper", version_id=version)
    announced = {"field": "contract", "name": "a.pdf", "content_type": "application/pdf", "size": 5}
    for called, thread in (("resume_instance", {}), ("resume_thread", {"thread_id": "thread_main"})):
        for pinned in (False, True):
            instance = here.request("create_instance", {"input": {}}, 201, name="paper")["id"]
            upload = here.repeated("create_file", announced, 201, instance_id=instance)
            version = _put(here, upload["fields"]["key"])
            here.request("get_file", instance_id=instance, file_id=upload["id"])
            if pinned:
                _pin(here, instance, upload["id"], version)
            here.request(called, {"input": {"contract": upload["id"]}}, instance_id=instance, **thread)
            here.request("get_file", instance_id=instance, file_id=upload["id"])


def _put(here: Walk, key: str) -> str:
    """The version of contents that are put under a key."""
    contents = {"Body": b"12345", "ContentType": "application/pdf"}
    bucket = here.stack.resources["FilesBucket"]
    version: str = here.aws.client("s3").put_object(Bucket=bucket, Key=key, **contents)["VersionId"]
    return version


def _pin(here: Walk, instance: str, file_id: str, version: str) -> None:
    """Leave a file as a resume that died before its commit does."""
    here.aws.client("dynamodb").update_item(
        TableName=here.stack.resources["Table"],
        Key={"pk": {"S": f"A#{ACCOUNT}#F#{instance}"}, "sk": {"S": file_id}},
        UpdateExpression="SET content_version = :v",
        ExpressionAttributeValues={":v": {"S": version}},
    )


def deliveries(here: Walk, gone: str, failing: str) -> None:
    """Relay what happened and deliver it, in vain; look at the log and do it again."""
    history, table = here.history(), here.stack.resources["Table"]
    broken = {name: history[0][name] for name in ("pk", "sk")}
    assert here.run("relay_events", events.stream(table, [*history, broken])) == {"batchItemFailures": []}
    here.work("retry_relay", "RelayRetryQueue")
    here.work("deliver_webhooks", "WebhooksQueue")
    assert here.request("get_subscription", subscription_id=gone)["status"] == "disabled"
    exhausted = {"status": "exhausted"}

    def found() -> list[Any]:
        listed = here.request("list_deliveries", query=exhausted, subscription_id=failing)["deliveries"]
        return [each for each in listed if not each.get("test")]

    while not found():
        here.work("deliver_webhooks", "WebhooksQueue", later=60_000)
    listed(here, "list_deliveries", subscription_id=failing)
    first = found()[0]
    here.request("get_delivery", subscription_id=failing, delivery_id=first["id"])
    here.repeated("replay_delivery", status=202, subscription_id=failing, delivery_id=first["id"])
    asked = {"since": "2026-01-01", "status": "exhausted"}
    here.repeated("replay_deliveries", asked, 202, subscription_id=failing)
    while DRAINED not in here.used("deliver_webhooks"):
        here.work("deliver_webhooks", "WebhooksQueue", later=60_000)
    here.repeated("test_subscription", status=202, subscription_id=failing)
    here.request("delete_subscription", status=204, subscription_id=failing)


def directory(here: Walk) -> None:
    """Put groups and people, in one transaction and in several; look at them; delete them."""
    many = [f"person-{number}" for number in range(150)]
    for members in (["ann", "bo"], ["bo"], many):
        here.request("put_group", {"members": members}, 201 if "ann" in members else 200, group_id="legal")
    here.request("get_group", group_id="legal")
    listed(here, "list_groups")
    here.request("put_person", {"name": "Ann"}, person_id="person-1")
    for substitute in ("bo", "cy"):
        away = {"from": "2026-07-01T00:00:00Z", "until": "2099-07-15T00:00:00Z", "substitute": substitute}
        here.request("put_away", away, person_id="person-1")
    here.request("get_person", person_id="person-1")
    here.request("delete_person", status=204, query={"memberships": "true"}, person_id="person-1")
    here.request("delete_group", status=204, group_id="legal")


def tasks(here: Walk, outside: str) -> None:
    """Ask people and a group, with a file; respond in each way, and go on to a script and a call; end without them."""
    here.request("put_group", {"members": ["ann"]}, 201, group_id="desk")
    for posted in _asking(outside):
        here.request("create_workflow", posted, 201)
        version = here.request("create_version", posted, 201, name=posted["name"])["version_id"]
        here.request("publish_version", name=posted["name"], version_id=version)
    announced = {"field": "contract", "name": "a.pdf", "content_type": "application/pdf", "size": 5}
    ways = (("act_on_task", "respond"), ("manage_task", "override"), ("respond_to_tasks", "respond"))
    for (called, act), pinned in product(ways, (False, True)):
        instance = here.request("create_instance", {"input": {}}, 201, name="asking")["id"]
        upload = here.request("create_file", announced, 201, instance_id=instance)
        version = _put(here, upload["fields"]["key"])
        if pinned:
            _pin(here, instance, upload["id"], version)
        task = here.request("list_tasks", person="ann")["tasks"][-1]["id"]
        here.request("get_task", person="ann", task_id=task)
        here.request("get_task_history", person="ann", task_id=task)
        body: dict[str, Any] = {"input": {"contract": upload["id"]}}
        if called == "respond_to_tasks":
            found = here.request(called, {**body, "tasks": [task]}, person="ann")["results"]
            assert [each["status"] for each in found] == [200]
        elif called == "manage_task":
            here.request(called, {**body, "reason": "late"}, act=act, task_id=task)
        else:
            here.request(called, body, act=act, person="ann", task_id=task)
    for called in ("resume_instance", "resume_thread"):
        instance = here.request("create_instance", {"input": {}}, 201, name="asking")["id"]
        thread = {"thread_id": "thread_main"} if called == "resume_thread" else {}
        here.request(called, {"input": {}}, person="ann", instance_id=instance, **thread)
    here.work("advance_steps", "StepsQueue")
    instance = here.request("create_instance", {"input": {}}, 201, name="asking")["id"]
    here.request("cancel_instance", instance_id=instance)
    torn = here.request("create_instance", {"input": {}}, 201, name="tearing")
    assert torn["status"] == "failed"
    here.request("retry_instance", instance_id=torn["id"])
    for name in ("list_tasks", "count_tasks"):
        here.request(name, person="ann")
    listed(here, "list_tasks")
    here.request("list_tasks", query={"view": "all", "namespace": "default"})


def _asking(outside: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A workflow that asks people, and one in which what they are asked is cut off."""
    script = {"type": "script", "code": "return {known: typeof secrets.TOKEN};"}
    field = {"name": "contract", "type": "file", "label": "Contract"}
    ask = {
        "type": "halting",
        "presentation": {"type": "form", "fields": [field]},
        "transitions": [{"target": "look"}],
        "assignment": {"users": ["ann"], "groups": ["desk"]},
    }
    asking = {
        "name": "asking",
        "initial_state": "ask",
        "states": {
            "ask": ask,
            "look": {"type": "action", "logic": script, "transitions": [{"target": "call"}]},
            "call": {
                "type": "action",
                "logic": {"type": "http", "url": f"{outside}/200", "method": "POST"},
                "transitions": [{"target": "again"}],
            },
            "again": {
                "type": "halting",
                "transitions": [{"target": "done"}],
                "assignment": {"groups": ["desk"], "quorum": {"responses": 1}},
            },
            "done": {"type": "terminal"},
        },
    }
    threads = {"asked": {"target": "ask"}, "broken": {"target": "break"}}
    tearing = {
        "name": "tearing",
        "initial_state": "part",
        "states": {
            "part": {"type": "action", "fork": {"threads": threads, "join": {"target": "done"}}},
            "ask": {**ask, "transitions": [{"target": "over"}]},
            "break": {
                "type": "action",
                "logic": {"type": "script", "code": "throw new Error(typeof secrets.TOKEN);"},
                "transitions": [{"target": "over"}],
            },
            "over": {"type": "terminal"},
            "done": {"type": "terminal"},
        },
    }
    return asking, tearing


def the_rest(here: Walk) -> None:
    """Make each read without parameters that was not made before: its role and its path are all that it needs."""
    for entry in TABLE:
        if entry.method == "GET" and "{" not in entry.path and entry.folder not in here.missed:
            here.request(entry.folder)


def endings(here: Walk) -> None:
    """Let the clock come when everything has expired, and then when it is to be cleaned."""
    for later in (100 * DAY, 200 * DAY):
        here.run("tick_clock", {}, later=later)
        here.work("advance_steps", "StepsQueue", later=later)
