"""docs/webhooks.md: its tables are the engine's. (test_receivers.py runs its programs.)"""

from interactor.instances.rules.stored import Record
from interactor.webhooks.rules import events
from interactor.webhooks.rules.signatures import headers
from tests.support.pages import code, documents, rows, section, text
from tests.support.template import template

PAGE = text("docs/webhooks.md")
SECRET = "whsec_" + "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
BODY = b'{"event":"workflow.instance.halted"}'


def signed(at: int) -> dict[str, str]:
    sent = headers("workflow.instance.halted", "del_1", "key_1", [SECRET], BODY, at, 0)
    return {name.lower(): value for name, value in sent.items()}


def test_the_table_of_events_is_the_engines() -> None:
    documented = [code(row[0]) for row in rows(section(PAGE, "Events"))]
    assert documented == list(events.EVENT_TYPES)


def test_the_table_of_headers_has_all_that_are_sent() -> None:
    cells = " ".join(row[0] for row in rows(section(PAGE, "Headers")))
    for name in signed(0):
        assert f"`{name}`" in cells.lower()


def test_the_example_body_has_the_members_of_a_real_one() -> None:
    example = documents(section(PAGE, "Events"))[0]
    event = {"number": 1, "id": "evt_1", "type": "lifecycle", "subtype": "completed", "at": 0, "thread": "thread_main"}
    envelope = {"namespace": "n", "workflow_name": "w", "version_id": "v", "traceparent": None}
    data = {"layers": {"thread_main": {}}, "parents": {}}
    record = Record("acc", "inst_1", ({**event, "state": "granted"},), data, 1, envelope)
    real = events.body([record], 1, "whsub_1")
    assert example.keys() == real.keys()
    assert example["data"].keys() == real["data"].keys()


def test_the_table_of_retries_is_the_templates_default() -> None:
    seconds = [int(each) for each in template()["Parameters"]["WebhookRetryDelays"]["Default"].split(",")]
    units = {"s": 1, "min": 60, "h": 3600}
    stated = []
    for row in rows(section(PAGE, "Retries")):
        amount, unit = row[1].split()
        stated.append(int(amount) * units[unit])
    assert stated == seconds
