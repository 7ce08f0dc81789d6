"""Starts the local run on the sample template, and waits for things to be seen."""

import json
import os
import time

import boto3
import requests

from local.launch import start_local_run
from local.settings import ROOT

SAMPLE = ROOT / "tests" / "local" / "sample" / "template.yaml"


def start(directory, *, template=SAMPLE, **variables):
    seed = directory / "seed.json"
    directory.mkdir(parents=True, exist_ok=True)
    seed.write_text('{"accounts": []}')
    paths = [str(ROOT / "layers" / "engine"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    env = {
        "INTERACTOR_LOCAL_TEMPLATE": str(template),
        "INTERACTOR_LOCAL_SEED": str(seed),
        "ClockSeconds": "0.2",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        **variables,
    }
    return start_local_run(env, directory=directory, ready_timeout=120)


def eventually(look, seconds=10.0):
    """What ``look`` gives once it gives something; it is asked for up to ``seconds``."""
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < until, "nothing was seen in time"
        time.sleep(0.02)


def rows(run, pk):
    """The items under ``pk`` by their sort key, without binary attributes."""
    answer = requests.get(f"{run.url}/rows", params={"pk": pk}, timeout=10)
    return {row["sk"]: row for row in answer.json()}


def client(run, service):
    found = json.loads((run.directory / "run.json").read_text())
    return emulated(found["endpoint_url"], service)


def emulated(endpoint, service):
    return boto3.client(
        service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
