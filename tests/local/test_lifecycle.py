"""Starting, stopping, crashing and starting again: nothing committed is lost, and nothing is done silently."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from local.launch import start_local_run
from local.ministack import Lock, MiniStack
from local.settings import ROOT, LocalRunError, aws_python
from tests.support.local_run import SAMPLE, emulated, eventually, rows, start


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


def test_a_folder_whose_run_was_killed_is_free_once_its_embedded_aws_has_ended(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    held = Lock(tmp_path)
    (tmp_path / "lock").write_text(f"process {process.pid}")
    with pytest.raises(LocalRunError, match=f"process {process.pid} has ended, but its embedded AWS still writes"):
        Lock(tmp_path, wait=lambda seconds: None)
    Lock(tmp_path, wait=lambda seconds: held.release()).release()
    assert (tmp_path / "lock").read_text() == f"process {os.getpid()}"


def test_a_second_run_of_a_folder_is_refused_and_takes_nothing_from_the_first(tmp_path):
    directory = tmp_path / "local"
    with start(directory) as run:
        found = (directory / "run.json").read_text()
        requests.get(f"{run.url}/put", params={"pk": "first", "sk": "M"}, timeout=10)
        inode = run.log.stat().st_ino
        with pytest.raises(LocalRunError, match=rf"error: Another local run holds .*process {run.process.pid}"):
            start(directory)
        assert (directory / "run.json").read_text() == found, "other commands still find the first"
        assert run.log.stat().st_ino == inode, "the log is still the first one's"
        assert "M" in rows(run, "first")
    assert not (directory / "run.json").exists()


def test_what_a_killed_embedded_aws_may_have_lost_is_told_at_the_next_start(tmp_path):
    directory = tmp_path / "local"
    note = "note: the embedded AWS was killed last time: what was done since its start may be lost"
    run = start(directory)
    assert note not in run.lines
    os.kill(_child_of(run.process.pid), signal.SIGKILL)
    run.process.wait(20)
    run.stop()
    with start(directory) as again:
        assert note in again.lines
    with start(directory) as after:
        assert note not in after.lines, "a clean stop wrote everything"


def test_ctrl_c_at_any_moment_of_the_start_ends_it_without_a_traceback(tmp_path):
    """The signal comes at each import of the start in turn, as it might."""
    for moment in ("local.settings", "boto3", "local.serve", "local.run"):
        code = (
            "import runpy, signal, sys\n"
            "class Interrupt:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            f"        if name == {moment!r}:\n"
            "            signal.raise_signal(signal.SIGINT)\n"
            "sys.meta_path.insert(0, Interrupt())\n"
            "runpy.run_module('local', run_name='__main__')\n"
        )
        ended = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "INTERACTOR_LOCAL_DIRECTORY": str(tmp_path / "local"), "PORT": "0"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert (ended.returncode, ended.stderr) == (0, ""), moment


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


def test_scripts_in_a_function_are_refused_since_there_is_none(tmp_path):
    with pytest.raises(LocalRunError, match="error: The local run has no function for scripts"):
        start(tmp_path, ScriptIsolation="function")


def _child_of(process):
    """The embedded AWS of a local run: its one child that leads a session of its own."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, after = stat.read_text().rpartition(") ")
        except OSError:
            continue
        _state, parent, _group, session = after.split()[:4]
        if int(parent) == process and session == stat.parent.name:
            return int(session)
    raise AssertionError("there is no embedded AWS")


def _text(path):
    return path.read_text() if path.exists() else ""
