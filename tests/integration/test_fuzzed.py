"""Requests made up from the API's own description: no 5xx, and no answer that the description does not promise.

The same requests at every run: schemathesis derives them from a fixed seed.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from interactor.api.openapi.document import document
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.gateway import BASE, Gateway
from tests.support.workflows.definitions import example

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(document())
SCHEMA.config.phases.coverage.enabled = False  # thousands of requests, nearly all of them refused by the form alone


@pytest.fixture(scope="module")
def there(shared: Deployment) -> dict[str, str]:
    """An id of something that exists for every name in a path."""
    shared.register("local", "local-secret")
    version = shared.define(example("approval_workflow"))
    instance = shared.start("approval_workflow", {"id": "req_456", "amount": 5000})["id"]
    wanted = {"url": "https://yourapp.com/hooks", "events": ["workflow.instance.halted"]}
    return {
        "name": "approval_workflow",
        "version_id": version,
        "instance_id": instance,
        "thread_id": "thread_main",
        "event_id": shared.call("GET", f"/workflows/instances/{instance}/history").data["events"][0]["id"],
        "subscription_id": shared.call("POST", "/webhooks/subscriptions", wanted).data["id"],
        "delivery_id": "del_01kfdmdagy7t3m9b5w0r6k2z4x",
        "file_id": "file_01kfdmdagy7t3m9b5w0r6k2z4x",
    }


@pytest.fixture
def session(shared: Deployment) -> Iterator[requests.Session]:
    """Requests that go to the deployment, with a token that may do everything."""
    with requests.Session() as made:
        made.mount(BASE, Gateway(shared))
        made.headers["Authorization"] = f"Bearer {shared.token()}"
        yield made


@SCHEMA.parametrize()
@settings(max_examples=6, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_asked_is_answered_as_described(case: Any, there: dict[str, str], session: Any) -> None:
    # Most ids that are made up lead nowhere: half of the requests name what there is.
    if case.path_parameters and len(repr(case)) % 2:
        case.path_parameters = {name: there[name] for name in case.path_parameters}
    response = case.call(base_url=BASE, session=session, headers=dict(session.headers))
    case.validate_response(response, checks=CHECKS)
