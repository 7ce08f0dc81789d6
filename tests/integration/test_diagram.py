"""Pictures of definitions and of the way an instance took."""

import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from tests.support.deployed.deployment import Answer, Deployment
from tests.support.workflows.definitions import example, halting, one

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"]; click s0 "javascript:alert(1)" <script>&'
STRANGE = one(halting(transitions=[{"target": HOSTILE}]), name="strange", **{HOSTILE: {"type": "terminal"}})


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    shared.define(STRANGE)
    return shared


@pytest.fixture(scope="module")
def paths(api: Deployment) -> dict[str, str]:
    """Both endpoints: of a version, and of an instance that was approved."""
    version = api.define(example("approval_workflow"))
    instance = api.start("approval_workflow")["id"]
    assert api.resume(instance, {"approved": True}).data["current_state"] == "approved"
    return {
        "version": f"/workflows/approval_workflow/versions/{version}/diagram",
        "instance": f"/workflows/instances/{instance}/diagram",
    }


def picture(answer: Answer) -> ElementTree.Element:
    return ElementTree.fromstring(answer.raw or "")  # noqa: S314 - our own answer


def titles(answer: Answer) -> list[str]:
    return [each.text or "" for each in picture(answer).iter(f"{SVG}title")]


@pytest.mark.parametrize("kind", ["version", "instance"])
def test_a_picture_comes_as_svg(api: Deployment, paths: dict[str, str], kind: str) -> None:
    answer = api.call("GET", f"{paths[kind]}?format=svg")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    root = picture(answer)
    assert root.tag == f"{SVG}svg"
    assert {each.split(" ")[0] for each in titles(answer)} == set(example("approval_workflow")["states"])


@pytest.mark.parametrize("kind", ["version", "instance"])
def test_a_picture_comes_as_mermaid(api: Deployment, paths: dict[str, str], kind: str) -> None:
    answer = api.call("GET", f"{paths[kind]}?format=mermaid")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = (answer.raw or "").splitlines()
    assert lines[0] == "flowchart TD"
    for name in example("approval_workflow")["states"]:
        assert any(f'"{name}"' in line for line in lines), name


@pytest.mark.parametrize("kind", ["version", "instance"])
def test_without_a_format_both_come(api: Deployment, paths: dict[str, str], kind: str) -> None:
    both = api.call("GET", paths[kind])
    assert both.headers["Content-Type"] == "application/json"
    assert both.data == {form: api.call("GET", f"{paths[kind]}?format={form}").raw for form in ("svg", "mermaid")}


@pytest.mark.parametrize("kind", ["version", "instance"])
@pytest.mark.parametrize("form", ["png", "SVG", ""])
def test_another_format_is_refused(api: Deployment, paths: dict[str, str], kind: str, form: str) -> None:
    refused = api.call("GET", f"{paths[kind]}?format={form}")
    assert refused.refusal == (400, "validation_error")
    assert refused.error["details"] == [
        {"field": "format", "message": "must be one of svg, mermaid; leave it out for both"}
    ]


def test_a_version_has_no_way_that_was_taken(api: Deployment, paths: dict[str, str]) -> None:
    found = api.call("GET", paths["version"]).data
    assert " taken" not in found["svg"].split("</style>")[1]
    assert "==>" not in found["mermaid"]


def test_the_way_of_an_instance_and_where_it_stands_are_drawn(api: Deployment, paths: dict[str, str]) -> None:
    answer = api.call("GET", f"{paths['instance']}?format=svg")
    assert "approved (terminal): completed" in titles(answer)
    assert "rejected (terminal)" in titles(answer)
    ways = [each.get("class") or "" for each in picture(answer).iter(f"{SVG}path")]
    total = sum(len(state.get("transitions", ())) for state in example("approval_workflow")["states"].values())
    assert sum("taken" in each for each in ways) == len(api.states_of(paths["instance"].split("/")[3])) - 1
    assert sum("edge" in each for each in ways) == total
    thick = (api.call("GET", f"{paths['instance']}?format=mermaid").raw or "").count("==>")
    assert thick == sum("taken" in each for each in ways)


@pytest.mark.parametrize(("end", "shown"), [(None, "halted"), ("cancel", "cancelled")])
def test_where_it_stands_is_told_with_its_status(api: Deployment, end: str | None, shown: str) -> None:
    path = f"/workflows/instances/{api.start('strange')['id']}"
    if end is not None:
        api.call("POST", f"{path}/{end}")
    assert f"begin (halting): {shown}" in titles(api.call("GET", f"{path}/diagram?format=svg"))


def test_names_are_text_and_nothing_else(api: Deployment) -> None:
    instance = api.start("strange")["id"]
    found = api.call("GET", f"/workflows/instances/{instance}/diagram").data
    tags = {each.tag.removeprefix(SVG) for each in ElementTree.fromstring(found["svg"]).iter()}  # noqa: S314
    assert tags <= {"svg", "style", "defs", "marker", "path", "g", "title", "rect", "text"}
    assert "<script" not in found["svg"]
    (line,) = [each for each in found["mermaid"].splitlines() if "javascript" in each]
    assert line.count('"') == 2
    assert "<" not in line


@pytest.mark.parametrize("rest", [{"account": "acc_2"}, {"namespaces": ("user_456",)}], ids=["account", "namespace"])
def test_another_tenants_instance_has_no_picture(api: Deployment, paths: dict[str, str], rest: Any) -> None:
    token = api.token(**rest)
    assert api.call("GET", paths["instance"], token=token).refusal == (404, "instance_not_found")


def test_what_does_not_exist_has_no_picture(api: Deployment, paths: dict[str, str]) -> None:
    version = paths["version"]
    stranger = api.token(account="acc_2")
    assert api.call("GET", version, token=stranger).refusal == (404, "workflow_not_found")
    assert api.call("GET", version.replace("approval_workflow", "none")).refusal == (404, "workflow_not_found")
    unknown = "/workflows/approval_workflow/versions/v_01kfdmdagyy4rdc3yf0jys7smn/diagram"
    assert api.call("GET", unknown).refusal == (404, "version_not_found")
