"""Every example that resumes names the halt it is about (ruling 16): else a second click approves what comes next."""

import ast
import re
from pathlib import Path

import pytest

import interactor_client
from interactor.api.openapi.document import document
from interactor.api.openapi.reference import page as reference_page
from interactor.core.ids import is_id
from tests.support.deployed import samples
from tests.support.pages import DOCS, ROOT, blocks, text

PAGES = sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
DEMO = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "local" / "demo").glob("*.py"))
_BODY = re.compile(r'`({"(?:input|selected_option|choice)"[^`]*})`')
_SENDS = re.compile(r"/resume\b.*(?:-d|--data|--json)\b")


def commands(shell: str) -> list[str]:
    """The commands of a block, each on one line."""
    return shell.replace("\\\n", " ").splitlines()


def calls(program: str) -> list[ast.Call]:
    """The calls of a method ``resume``."""
    found = (node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Call))
    return [call for call in found if isinstance(call.func, ast.Attribute) and call.func.attr == "resume"]


def names_its_halt(call: ast.Call) -> bool:
    """Whether it is given the instance as it was shown, or a halt_id beside an id."""
    shown = isinstance(call.args[0], ast.Name) and not call.args[0].id.endswith("id")
    return shown or any(keyword.arg == "halt_id" for keyword in call.keywords)


def without(page: str) -> list[str]:
    """What in a page resumes and names no halt."""
    found = []
    for language in ("sh", "bash", "console", ""):
        for block in blocks(page.replace("\n   ", "\n"), language):
            found += [line for line in commands(block) if _SENDS.search(line) and "halt_id" not in line]
    for block in blocks(page, "python"):
        if ".resume(" in block:
            found += [ast.unparse(call) for call in calls(block) if not names_its_halt(call)]
    return found + _BODY.findall(page)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_resumes_with_a_halt_id(name: str) -> None:
    # The page of rules says which forms a body has; it shows none to be copied.
    assert name == "docs/rulings.md" or not without(text(name))


def test_the_pages_are_read_and_what_names_no_halt_is_seen() -> None:
    assert {"README.md", "docs/quickstart.md", "docs/migrating-from-step-functions.md"} <= set(PAGES)
    shell = "```sh\ncall /workflows/instances/$I/resume \\\n  -d '{\"input\": {}}'\n```\n"
    python = '```python\nclient.resume(instance["id"], {}, expected_state="a")\n```\n'
    assert without(shell)
    assert without(python)
    assert without('It is resumed with `{"selected_option": "approve"}`.')
    read = [name for name in PAGES if "resume" in text(name) and "halt_id" in text(name)]
    assert {"README.md", "docs/client.md", "docs/definitions.md", "docs/files.md"} <= set(read)


def test_the_description_and_its_page_resume_with_a_halt_id() -> None:
    bodies = [
        operation["requestBody"]["content"]["application/json"]
        for path in document()["paths"].values()
        for operation in path.values()
        if operation.get("operationId", "").startswith("resume_")
    ]
    assert len(bodies) == 2
    assert all(is_id(body["example"]["halt_id"], "halt") for body in bodies)
    shown = reference_page("https://api.test")
    assert shown.count("HALT_ID=") == 1
    assert shown.count("$HALT_ID") == len(bodies) + 2, "in each example, in the first steps, and where it is told"


def test_the_client_the_demo_and_the_samples_resume_with_a_halt_id() -> None:
    (told,) = (line for line in (interactor_client.__doc__ or "").splitlines() if ".resume(" in line)
    assert all(names_its_halt(call) for call in calls(told.strip()))
    for name in DEMO:
        lines = text(name).splitlines()
        for number, line in enumerate(lines):
            if "/resume" in line:
                assert "halt_id" in "".join(lines[number : number + 4]), f"{name}:{number + 1}"
    for name in ("resume_instance", "resume_thread"):
        assert '"halt_id"' in samples.SAMPLES[name]["body"]
        assert '\\"halt_id\\"' in Path(samples.FOLDER / f"{name}.json").read_text()
