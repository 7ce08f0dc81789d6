"""Cold starts: how long a fresh process takes to import a handler and to answer its first call.

The measure is a process that imports boto3 and makes one client, as any function on AWS has to. Both run in the
environment of the deployed functions (``.venvs/app``), one after the other, several times.
"""

import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import flows
from benchmarks.cloud import Cloud
from interactor.services import clock
from local.settings import ROOT

ROUNDS = 4
PYTHON = ROOT / ".venvs" / "app" / "bin" / "python"
WAITING: dict[str, Any] = {
    "name": "cold",
    "initial_state": "wait",
    "states": {
        "wait": {
            "type": "halting",
            "presentation": {"type": "message", "message": "Waiting"},
            "transitions": [{"target": "done"}],
        },
        "done": {"type": "terminal"},
    },
}
"""It runs no script: what starting the sandbox takes would be all one sees."""

_BARE = """
import json, sys, time
wall, processor = time.perf_counter(), time.process_time()
import boto3
boto3.client("dynamodb")
took = [time.perf_counter() - wall, time.process_time() - processor]
sys.stderr.write("took " + json.dumps({"import": took, "call": [0, 0]}) + "\\n")
"""
_HANDLER = """
import json, sys, time, types
event = json.load(open(sys.argv[1]))
context = types.SimpleNamespace(
    function_name="f", memory_limit_in_mb=512, invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:f",
    aws_request_id="1", get_remaining_time_in_millis=lambda: 20000,
)
begun = time.perf_counter(), time.process_time()
import app
imported = time.perf_counter(), time.process_time()
answer = app.handler(event, context)
called = time.perf_counter(), time.process_time()
took = {"import": [b - a for a, b in zip(begun, imported)], "call": [b - a for a, b in zip(imported, called)]}
took["status"] = answer.get("statusCode") if isinstance(answer, dict) else None
sys.stderr.write("took " + json.dumps(took) + "\\n")
"""


def measure(names: tuple[str, ...] = ()) -> dict[str, Any]:
    """Milliseconds of the bare process and of each handler, by the wall and of the processor: the least, the median."""
    found: dict[str, list[dict[str, Any]]] = {}
    with Cloud() as cloud, tempfile.TemporaryDirectory() as folder:
        cloud.restart(clock)
        cloud.log_in()
        cloud.limits("1000000")
        cloud.define(WAITING)
        subscriptions: dict[str, str] = {}
        for _ in range(ROUNDS):
            events = _events(cloud, Path(folder), subscriptions)
            found.setdefault("bare", []).append(_run(_BARE, []))
            for name in names or sorted(events):
                found.setdefault(name, []).append(_run(_HANDLER, [str(events[name])], ROOT / "functions" / name))
    return {name: _summary(runs) for name, runs in found.items()}


def _summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    walls = [1000 * (each["import"][0] + each["call"][0]) for each in runs]
    processors = [1000 * (each["import"][1] + each["call"][1]) for each in runs]
    return {
        "wall_ms": {"least": round(min(walls), 1), "median": round(statistics.median(walls), 1)},
        "processor_ms": {"least": round(min(processors), 1), "median": round(statistics.median(processors), 1)},
        "import_ms": round(statistics.median(1000 * each["import"][0] for each in runs), 1),
        "status": runs[0].get("status"),
    }


def _run(code: str, arguments: list[str], folder: Path | None = None) -> dict[str, Any]:
    """Run code in a fresh process; what it says that it took."""
    paths = [str(ROOT / "layers" / "engine"), *([str(folder)] if folder else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONNOUSERSITE": "1"}
    # Bytecode is there as in a layer that was built by the runtime's Python; the first round writes it.
    environment |= {"PYTHONPYCACHEPREFIX": str(ROOT / ".local" / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(  # noqa: S603 - our own code, run by our own interpreter
        [str(PYTHON), "-c", code, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("took ")]
    if not lines:
        raise RuntimeError(f"a cold start failed: {done.stderr[-2000:]}")
    took: dict[str, Any] = json.loads(lines[-1].removeprefix("took "))
    return took


def _events(cloud: Cloud, folder: Path, subscriptions: dict[str, str]) -> dict[str, Path]:
    """The sample event of each function, with a token that holds, and an instance and a subscription of its own."""
    _, sample = cloud.request("GET", "/workflows")
    events: dict[str, Path] = {}
    for path in sorted((ROOT / "events").glob("*.json")):
        name = path.name.partition(".")[0]
        if name in events:
            continue
        event = json.loads(path.read_text())
        if "requestContext" in event:
            event["headers"]["authorization"] = sample["headers"]["authorization"]
            event["requestContext"]["timeEpoch"] = cloud.clock()
            event["pathParameters"] = _parameters(cloud, name, event.get("pathParameters", {}), subscriptions)
        events[name] = folder / f"{name}.json"
        events[name].write_text(json.dumps(event))
    return events


def _parameters(cloud: Cloud, name: str, sampled: dict[str, str], subscriptions: dict[str, str]) -> dict[str, str]:
    """The path parameters of a sample, with ids of what is there."""
    there = {"name": "cold"}
    if {"instance_id", "version_id"} & sampled.keys():
        made = cloud.call("POST", "/workflows/cold/instances", {"namespace": flows.NAMESPACE}).data
        there |= {"instance_id": made["id"], "version_id": made["version_id"], "thread_id": "thread_main"}
    if "subscription_id" in sampled:
        if name not in subscriptions or name == "delete_subscription":
            hook = {"url": "https://subscriber.example/hook", "events": [flows.HALTED]}
            subscriptions[name] = cloud.call("POST", "/webhooks/subscriptions", hook).data["id"]
        there["subscription_id"] = subscriptions[name]
    return {key: there.get(key, value) for key, value in sampled.items()}
