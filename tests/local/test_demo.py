"""The demo: it shows the whole story for real, ends cleanly however it ends, and says what is missing."""

import base64
import dataclasses
import hashlib
import hmac
import io
import json
import os
import re
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import standardwebhooks

from local.demo import __main__ as demo
from local.demo import judge, plan, signatures
from local.demo.judge import Notification, Seen, Webhook
from local.demo.receiver import Receiver
from local.demo.screen import Screen
from local.settings import ROOT
from tests.support.local_run import eventually
from tests.support.workflows.definitions import EXAMPLES

APP_PYTHON = ROOT / ".venvs" / "app" / "bin" / "python"
DOCUMENTED = EXAMPLES / "purchase_approval.json"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NOW = 1_795_000_000
NOON = "2026-11-22T12:00:00.000Z"


def begin(tmp_path, *arguments):
    """The demo as `make demo` runs it: the application's environment, nothing of the tests' on the path."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.Popen(
        [str(APP_PYTHON), "-m", "local.demo", *arguments],
        cwd=ROOT,
        env={**env, "TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def left_behind(tmp_path):
    """Files in the demo's temporary folder, and processes that were started with it."""
    mark = f"TMPDIR={tmp_path}\0".encode()
    processes = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in environ.read_bytes():
                processes.append(environ.parent.name)
        except OSError:
            continue
    return [*tmp_path.iterdir(), *processes]


def test_the_purchase_that_needs_both_approvals_runs_to_its_end(tmp_path):
    process = begin(tmp_path)
    output = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 0, output
    for text in (
        r"ready in \d+\.\d s",
        r"Manager Approval Required",
        r"Purchase request for GPU workstations - \$15000",
        r"maya +answers approved: yes",
        r"High-value purchase: GPU workstations - \$15000",
        r"victor +answers approved: yes, budget_code: \"ENG-2026\"",
        r"POST /api/notifications\n +Idempotency-Key: inst_\w+:thread_main:5\n",
        r"vp_approval +left after .* resumed by victor@example.com via local",
        r"submit → manager_approval → vp_approval → approved → notify_requester → complete\n",
        r"✓ approved: 6 states, 6 webhooks \([\d,]+ bytes, every signature verified\), .* start\n$",
    ):
        assert re.search(text, output), f"{text}\nis not in\n{output}"
    verified = re.findall(r"webhook +(\w+) +(\w+) .*✓ both signatures verified", output)
    assert sorted(verified) == [
        ("completed", "complete"),
        ("created", "submit"),
        ("halted", "manager_approval"),
        ("halted", "vp_approval"),
        ("resumed", "manager_approval"),
        ("resumed", "vp_approval"),
    ]
    assert "\033" not in output, "colours are for terminals"
    assert max(map(len, output.splitlines())) <= 100
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(("moment", "number"), [("while it starts", signal.SIGTERM), ("while it plays", signal.SIGINT)])
def test_an_interrupted_demo_leaves_nothing_behind(tmp_path, moment, number):
    process = begin(tmp_path)
    if moment == "while it starts":
        eventually(lambda: list(tmp_path.glob("local-run-*/log/ministack.log")), 20)
    else:
        for line in process.stdout:
            if b"opens the form" in line:
                break
    assert left_behind(tmp_path)
    process.send_signal(number)
    rest = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 128 + number, rest
    assert "interrupted; everything that was started is stopped" in rest
    assert left_behind(tmp_path) == []


class UnreachableRun:
    """A local run whose port nobody listens on."""

    url = "http://127.0.0.1:1/api/v1"
    log = Path("/nowhere")
    stopped = False

    def stop(self):
        self.stopped = True


def test_what_is_missing_is_named_and_the_exit_code_is_1(monkeypatch, capsys):
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    run = UnreachableRun()
    monkeypatch.setattr(demo, "start_local_run", lambda _env: run)
    try:
        assert demo.main(["--amount", "500"]) == 1
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    output = capsys.readouterr().out
    assert "not everything happened" in output
    assert "- POST /oauth/token: " in output
    assert "- the instance was not started" in output
    assert "- webhook workflow.instance.completed at complete did not arrive" in output
    assert "- the HTTP action's notification did not arrive" in output
    assert run.stopped


def test_a_rejection_of_what_nobody_is_asked_about_is_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        demo.main(["--amount", "1000", "--reject"])
    assert "choose a larger amount" in capsys.readouterr().err


def test_the_definition_is_the_documented_one():
    documented = json.loads(DOCUMENTED.read_text())
    assert plan.definition("https://yourapp.com") == documented
    call = plan.definition("http://127.0.0.1:9")["states"]["notify_requester"]["logic"]
    assert call["url"] == "http://127.0.0.1:9/api/notifications"


@pytest.mark.parametrize(
    ("amount", "rejected", "between"),
    [
        (500, False, ["auto_approved"]),
        (1000, False, ["auto_approved"]),
        (5000, False, ["manager_approval", "approved"]),
        (10_000, False, ["manager_approval", "approved"]),
        (15_000, False, ["manager_approval", "vp_approval", "approved"]),
        (5000, True, ["manager_approval", "rejected"]),
    ],
)
def test_the_plan_is_the_documented_path(amount, rejected, between):
    made = plan.make(amount, rejected=rejected)
    assert list(made.states) == ["submit", *between, "notify_requester", "complete"]
    assert judge.missing(made, seen(made)) == []


PLAN = plan.make(15_000)


def seen(made=PLAN):
    """What one sees when everything happens as planned."""
    webhooks = [Webhook(f"key{n}", body(made, each, n), 100) for n, each in enumerate(made.webhooks, 1)]
    forms = {
        each.state: {
            "title": each.title,
            "description": each.description,
            "fields": [{"name": name} for name in each.fields],
        }
        for each in made.decisions
    }
    people = {each.state: {"resumed_by": {"actor": each.person, "via": "local"}} for each in made.decisions}
    instance = {
        "id": "inst_1",
        "status": "completed",
        "current_state": "complete",
        "workflow_data": at_noon(made.data),
        "history": [{"state": state, **people.get(state, {})} for state in made.states],
    }
    return Seen(webhooks, [Notification("inst_1:thread_main:5", made.notification)], forms, instance)


def body(made, expected, sequence):
    data = {
        "instance_id": "inst_1",
        "current_state": expected.state,
        "workflow_data": at_noon(expected.data),
        "sequence": sequence,
        "input": made.input,
        "resumed_by": {"actor": expected.by, "via": "local"},
    }
    for decision in made.decisions:
        if decision.state == expected.state:
            data["halting_presentation"] = {"description": decision.description}
    return {"event": expected.event, "data": data}


def at_noon(data):
    return {name: NOON if value == plan.TIME else value for name, value in data.items()}


def changed(webhook, **data):
    return dataclasses.replace(webhook, body={**webhook.body, "data": {**webhook.data, **data}})


def lose_a_webhook(what):
    del what.webhooks[-1]


def add_a_failure(what):
    what.webhooks.append(Webhook("other", {"event": "workflow.instance.failed", "data": {"sequence": 9}}, 1))


def spoil_a_signature(what):
    what.webhooks[0] = dataclasses.replace(what.webhooks[0], problems=("webhook-signature does not fit the body",))


def swap_sequences(what):
    first, second = what.webhooks[:2]
    what.webhooks[:2] = [changed(first, sequence=2), changed(second, sequence=1)]


def change_a_webhooks_data(what):
    data = what.webhooks[2].data["workflow_data"]
    what.webhooks[2] = changed(what.webhooks[2], workflow_data={**data, "approved": 1})


def name_another_person(what):
    what.webhooks[2] = changed(what.webhooks[2], resumed_by={"actor": "mallory"})


def leave_a_placeholder(what):
    what.forms["vp_approval"]["description"] = "High-value purchase: ${workflow_data.description}"


def skip_a_state(what):
    del what.instance["history"][2]


def fail_the_instance(what):
    what.instance |= {"status": "failed", "current_state": "notify_requester", "error": "connection refused"}


def lose_the_result(what):
    del what.instance["workflow_data"]["notify_requester"]


def lose_the_time(what):
    what.instance["workflow_data"]["approved_at"] = "soon"


def lose_the_notification(what):
    what.notifications.clear()


def notify_with_another_key(what):
    what.notifications.append(Notification("inst_1:thread_main:6", PLAN.notification))


def notify_with_text(what):
    what.notifications[0] = Notification("inst_1:thread_main:5", {**PLAN.notification, "amount": "15000"})


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lose_a_webhook, "webhook workflow.instance.completed at complete did not arrive"),
        (add_a_failure, "webhook workflow.instance.failed at None arrived, which was not planned"),
        (spoil_a_signature, "webhook workflow.instance.created: webhook-signature does not fit the body"),
        (swap_sequences, "the webhooks' sequences put them in another order"),
        (change_a_webhooks_data, "resumed at manager_approval: workflow_data: approved is 1, not True"),
        (name_another_person, "resumed_by is {'actor': 'mallory'}, not maya@example.com"),
        (leave_a_placeholder, "the form of vp_approval shows"),
        (skip_a_state, "the states passed are submit, manager_approval, approved"),
        (fail_the_instance, "the instance is failed at notify_requester (connection refused)"),
        (lose_the_result, "the instance's data: notify_requester is None"),
        (lose_the_time, "the instance's data: approved_at is 'soon'"),
        (lose_the_notification, "the HTTP action's notification did not arrive"),
        (notify_with_another_key, "Idempotency-Key is inst_1:thread_main:5, inst_1:thread_main:6"),
        (notify_with_text, "the notification: amount is '15000', not 15000"),
    ],
)
def test_the_judge_names_what_is_missing(spoil, named):
    what = seen()
    spoil(what)
    assert named in "\n".join(judge.missing(PLAN, what))


def test_a_webhook_or_notification_that_comes_twice_counts_once():
    what = seen()
    what.webhooks.append(what.webhooks[0])
    what.notifications.append(what.notifications[0])
    assert judge.missing(PLAN, what) == []


def signed(payload=b'{"event": "e", "delivery_id": "d", "idempotency_key": "k"}', at=NOW, secret=SECRET):
    """Headers as a subscriber gets them, signed by the documented recipe and by the standard's own library."""
    standard = standardwebhooks.Webhook(secret).sign("k", datetime.fromtimestamp(at, UTC), payload.decode())
    own = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return {
        "x-interactor-event": "e",
        "x-interactor-delivery": "d",
        "x-interactor-timestamp": str(at),
        "x-interactor-signature": f"sha256={own}",
        "webhook-id": "k",
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,b2xk {standard}",
    }, payload


def test_both_signatures_are_accepted_when_right():
    headers, payload = signed()
    assert signatures.problems(headers, payload, SECRET, NOW + 299) == []


def test_each_signature_is_refused_when_wrong():
    headers, payload = signed()
    assert len(signatures.problems(headers, payload + b" ", SECRET, NOW)) == 2
    assert len(signatures.problems(headers, payload, SECRET, NOW + 301)) == 2
    assert len(signatures.problems({}, payload, SECRET, NOW)) == 2
    others = signed(secret="whsec_" + base64.b64encode(bytes(32)).decode())[0]
    for name in ("X-Interactor-Signature", "webhook-signature"):
        spoilt = {**headers, name.lower(): others[name.lower()]}
        assert signatures.problems(spoilt, payload, SECRET, NOW) == [f"{name} does not fit the body"]


def test_the_receiver_refuses_what_is_not_signed_and_keeps_it_for_the_judge():
    what, told = Seen(), []
    with Receiver(SECRET, what, told.append) as receiver:
        headers, payload = signed(at=int(datetime.now(UTC).timestamp()))
        assert receiver.take("/webhooks", headers, payload)[0] == 200
        assert receiver.take("/webhooks", {**headers, "webhook-signature": "v1,AAAA"}, payload)[0] == 401
        assert receiver.take("/webhooks", {**headers, "x-interactor-event": "other"}, payload)[0] == 401
        assert receiver.take("/elsewhere", headers, payload)[0] == 404
    assert [bool(each.problems) for each in what.webhooks] == [False, True, True]
    assert told == what.webhooks


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("out", "env", "coloured"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(out, env, coloured):
    Screen(out, env).tell("engine", "done")
    assert ("\033" in out.getvalue()) is coloured


def test_a_console_without_unicode_gets_plain_signs():
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Screen(out, {}).form({"title": "T", "fields": [{"name": "a", "type": "boolean", "label": "A?", "required": True}]})
    assert raw.getvalue().decode().splitlines()[0].strip().startswith("+- T ---")
