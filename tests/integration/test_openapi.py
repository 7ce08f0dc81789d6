"""The API's description is what the API is: routes, scopes, bodies, errors, and a page that needs nothing else."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest
import yaml

from interactor.access.rules.principal import SCOPES
from interactor.api.openapi.document import SCOPE_MEANINGS, document
from interactor.api.openapi.operations import OPERATIONS
from interactor.api.operations import TABLE, Entry
from interactor.api.request import Request
from interactor.api.routes import ROUTES
from interactor.core.errors import InteractorError
from tests.docs.test_errors_page import all_errors
from tests.support.deployed.deployment import NO_TOKEN, Deployment, handler
from tests.support.pages import ROOT
from tests.support.template import declared_functions

PREFIX = "/api/v1"
OPERATION_IDS = [each.id for each in OPERATIONS]


def in_template() -> dict[tuple[str, str], str]:
    return {
        (event["Properties"]["Method"], event["Properties"]["Path"]): folder
        for folder, function in declared_functions().items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi" and "Path" in event["Properties"]
    }


def in_description() -> dict[tuple[str, str], str]:
    return {(each.method, path): each.name for each in OPERATIONS for path in (each.path, *each.aliases)}


def test_template_code_and_description_have_the_same_routes() -> None:
    in_code = {(method, path) for path, methods in ROUTES.items() for method in methods}
    in_document = {(method.upper(), path) for path, methods in document()["paths"].items() for method in methods}
    assert in_template().keys() == in_code == in_document


def test_each_route_leads_to_the_function_that_is_described() -> None:
    assert in_template() == in_description()


def test_every_operation_of_the_table_is_described_once_in_its_order() -> None:
    assert tuple(each.entry for each in OPERATIONS) == TABLE


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.id)
def test_a_function_asks_for_the_scope_and_counts_as_the_category_of_the_table(entry: Entry) -> None:
    function = handler(entry.folder)
    assert getattr(function, "scope", None) == entry.scope
    assert function.counted_as(Request(entry.method, entry.path, {}, {}, {}, b"", 0)) == entry.category


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.id)
def test_a_function_that_works_with_an_area_itself_works_with_the_one_of_the_table(entry: Entry) -> None:
    source = (ROOT / "functions" / entry.folder / "app.py").read_text("utf-8")
    used = set(
        re.findall(r"^from interactor\.(access|definitions|instances|files|webhooks|people)\b", source, re.MULTILINE)
    )
    if entry.id == "get_instance_diagram":
        used.remove("definitions")  # it draws the definition, with the instance in it
    assert not used or entry.area in used or entry.area == "api"


def test_the_pages_name_only_requests_of_the_table() -> None:
    """A page may leave out ``/api/v1``, and write anything for a parameter."""
    known = [
        re.compile(f"{entry.method} " + re.sub(r"\{\w+\}", "[^/]+", path.removeprefix(PREFIX)))
        for entry in TABLE
        for path in entry.paths
    ]
    for page in sorted((ROOT / "docs").glob("*.md")):
        named = re.findall(
            r"`([A-Z]+) (?:/api/v1)?(/(?:workflows|webhooks|oauth|groups|people)[^`?]*)", page.read_text("utf-8")
        )
        for method, path in named:
            assert any(each.fullmatch(f"{method} {path}") for each in known), f"{page.name}: {method} {path}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=OPERATION_IDS)
def test_the_query_parameters_that_are_described_are_those_that_are_taken(operation: Any) -> None:
    described = document()["paths"][operation.path][operation.method.lower()]["parameters"]
    taken = getattr(handler(operation.name), "query", ())
    assert [each["name"] for each in described if each["in"] == "query"] == list(taken)


def test_operation_ids_are_unique_and_every_operation_says_what_it_does() -> None:
    operations = [each for methods in document()["paths"].values() for each in methods.values()]
    assert len({each["operationId"] for each in operations}) == len(operations)
    assert all(each["summary"] and each["tags"] for each in operations)


def test_every_code_of_the_error_tree_is_described_somewhere() -> None:
    described = {kind.code for operation in OPERATIONS for kind in operation.errors()}
    tree: set[type[InteractorError]] = set(all_errors())
    assert described == {kind.code for kind in tree if hasattr(kind, "code")}


def test_every_scope_has_its_meaning() -> None:
    assert SCOPE_MEANINGS.keys() == set(SCOPES)


def examples() -> list[Any]:
    return [
        pytest.param(content["schema"], content["example"], id=f"{operation['operationId']} {place}")
        for methods in document()["paths"].values()
        for operation in methods.values()
        for place, part in [("request", operation.get("requestBody", {})), *operation["responses"].items()]
        for content in part.get("content", {}).values()
        if "example" in content
    ]


@pytest.mark.parametrize(("schema", "example"), examples())
def test_an_example_is_of_its_schema(schema: Any, example: Any) -> None:
    jsonschema_rs.validator_for({"components": document()["components"], **schema}).validate(example)


def test_every_reference_within_the_document_leads_somewhere() -> None:
    components = document()["components"]
    for kind, name in re.findall(r'"#/components/(\w+)/([\w-]+)"', json.dumps(document())):
        assert name in components[kind]


def test_both_forms_are_the_same_document(deployment: Deployment) -> None:
    as_json = deployment.call("GET", "/openapi.json", token=NO_TOKEN)
    as_yaml = deployment.call("GET", "/openapi.yaml", token=NO_TOKEN)
    assert as_json.body == document() == yaml.safe_load(as_yaml.raw or "")
    assert as_yaml.headers["Content-Type"] == "application/yaml"


class Page(HTMLParser):
    """What a page refers to, and what can be referred to in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "input"):
            self.open.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_works_without_anything_from_elsewhere(deployment: Deployment) -> None:
    answer = deployment.call("GET", "/docs", token=NO_TOKEN, headers={"host": "127.0.0.1:8080"})
    text = answer.raw or ""
    page = Page(text)
    assert not page.open
    assert not {"link", "img", "iframe", "object", "form"} & set(page.tags)
    assert "url(" not in text
    assert "@import" not in text
    inner = {link[1:] for link in page.links if link.startswith("#")}
    assert inner <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert {link for link in page.links if not link.startswith("#")} == {"openapi.json", "openapi.yaml"}
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_browser_runs_the_pages_own_script_and_no_other(deployment: Deployment) -> None:
    answer = deployment.call("GET", "/docs", token=NO_TOKEN)
    (script,) = re.findall(r"<script>(.*?)</script>", answer.raw or "", re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = dict(each.strip().split(" ", 1) for each in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == f"'sha256-{digest}'"
    assert not re.search(r"<[^>]+\son\w+=", answer.raw or "")


def test_the_page_has_every_operation_and_code(deployment: Deployment) -> None:
    text = deployment.call("GET", "/docs", token=NO_TOKEN).raw or ""
    for operation in OPERATIONS:
        assert f'id="{operation.id}"' in text
        assert all(f'id="error-{kind.code}"' in text for kind in operation.errors())
    assert all(f"<code>{scope}</code>" in text for scope in SCOPES)


def test_the_pages_examples_are_for_the_host_that_was_asked(deployment: Deployment) -> None:
    def shown(host: str) -> str:
        return deployment.call("GET", "/docs", token=NO_TOKEN, headers={"host": host}).raw or ""

    assert "API=http://127.0.0.1:8080/api/v1" in shown("127.0.0.1:8080")
    assert "API=https://flows.example.com/api/v1" in shown("flows.example.com")
    assert "<b>" not in shown("<b>x</b>")
