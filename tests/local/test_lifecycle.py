"""Starting, stopping, crashing and starting again: nothing committed is lost, and nothing is done silently."""

import json
import os
import socket
import threading

import pytest
import requests

from local.launch import start_local_run
from local.ministack import Lock, MiniStack
from local.settings import LocalRunError, aws_python
from tests.local.support import SAMPLE, emulated, eventually, rows, start


def test_a_stop_finishes_what_is_in_flight_and_the_next_start_has_it(tmp_path):
    run = start(tmp_path / "local")
    answers = []

    def ask():
        answers.append(requests.get(f"{run.url}/slow", params={"seconds": "1", "pk": "kept"}, timeout=20))

    asking = threading.Thread(target=ask)
    asking.start()
    requests.get(f"{run.url}/put", params={"pk": "kept", "sk": "H#1"}, timeout=10)
    eventually(lambda: "/slow" in run.log.read_text())
    code = run.stop()
    asking.join()
    assert (code, answers[0].status_code, answers[0].text) == (0, 200, "slept")
    assert run.lines[-1] == "stopped"

    with start(tmp_path / "local") as again:
        kept = rows(again, "kept")
        assert {"slow", "H#1", "RH#1"} <= kept.keys()
        requests.get(f"{again.url}/put", params={"pk": "kept", "sk": "H#2"}, timeout=10)
        eventually(lambda: "RH#2" in rows(again, "kept"))
        assert rows(again, "kept")["RH#1"]["times"] == "1", "a clean stop leaves nothing to be relayed again"


def test_other_keys_are_refused_until_fresh_and_ministack_does_not_outlive_a_killed_run(tmp_path):
    directory = tmp_path / "local"
    with start(directory) as run:
        requests.get(f"{run.url}/put", params={"pk": "old", "sk": "M"}, timeout=10)
    other = tmp_path / "template.yaml"
    other.write_text(SAMPLE.read_text().replace("by_due", "by_other"))
    os.symlink(SAMPLE.parent / "functions", tmp_path / "functions")
    with pytest.raises(LocalRunError, match=r"other keys than the template.*FRESH=1"):
        start(directory, template=other)
    assert "old" in _text(directory / "state" / "dynamodb.json"), "a refusal changes nothing"

    fresh = start(directory, template=other, FRESH="1")
    assert rows(fresh, "old") == {}
    requests.get(f"{fresh.url}/put", params={"pk": "new", "sk": "M"}, timeout=10)
    port = int(json.loads((directory / "run.json").read_text())["endpoint_url"].rpartition(":")[2])
    fresh.kill()

    def gone():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    eventually(gone)
    eventually(lambda: "new" in _text(directory / "state" / "dynamodb.json"))


def test_a_crash_over_an_endpoint_that_stays_up_loses_nothing(tmp_path):
    lock = Lock(tmp_path / "aws")
    endpoint = MiniStack(aws_python(), tmp_path / "aws", lock, tmp_path / "aws.log", dict(os.environ))
    try:
        endpoint.wait_until_healthy()
        run = start(tmp_path / "local", AWS_ENDPOINT_URL=endpoint.endpoint)
        requests.get(f"{run.url}/put", params={"pk": "crash", "sk": "H#before"}, timeout=10)
        eventually(lambda: "RH#before" in rows(run, "crash"))
        run.kill()
        item = {"pk": {"S": "crash"}, "sk": {"S": "H#meanwhile"}, "raw": {"B": b""}}
        emulated(endpoint.endpoint, "dynamodb").put_item(TableName="interactor-local-Table", Item=item)
        with start(tmp_path / "local", AWS_ENDPOINT_URL=endpoint.endpoint) as again:
            eventually(lambda: "RH#meanwhile" in rows(again, "crash"))
            assert "H#before" in rows(again, "crash")
    finally:
        assert endpoint.stop(10)
        lock.release()


def test_a_held_folder_is_refused_and_its_holder_named(tmp_path):
    held = Lock(tmp_path)
    with pytest.raises(LocalRunError, match=rf"Another local run holds .*process {os.getpid()}"):
        Lock(tmp_path)
    held.release()
    Lock(tmp_path).release()


def test_a_run_ends_with_the_process_that_launched_it(tmp_path):
    run = start(tmp_path / "local")
    run.process.stdin.close()
    assert run.process.wait(20) == 0
    run.stop()
    assert run.lines[-1] == "stopped"


def test_a_port_in_use_is_one_clear_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with pytest.raises(LocalRunError, match=rf"error: Port {port} cannot be used"):
            start(tmp_path / "local", PORT=port)


def test_a_broken_seed_file_is_refused_with_its_field(tmp_path):
    seed = tmp_path / "bad.json"
    seed.write_text('{"accounts": [{"clients": []}]}')
    with pytest.raises(LocalRunError, match="'id' is missing"):
        start_local_run({"INTERACTOR_LOCAL_SEED": str(seed)}, directory=tmp_path / "local", ready_timeout=20)


def _text(path):
    return path.read_text() if path.exists() else ""
