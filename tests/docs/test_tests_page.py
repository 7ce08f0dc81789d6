"""tests/README.md against tests/support: it names every helper, and its examples run."""

import re

import pytest

from interactor.core.times import DAY
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.fixtures import aws, deploy, deployment, sandbox
from tests.support.deployed.hooks import arrived, subscribe
from tests.support.pages import ROOT, blocks, text
from tests.support.workflows.definitions import halting, one

__all__ = ["aws", "deploy", "deployment", "sandbox"]

PAGE = text("tests/README.md")
TESTS = ROOT / "tests"
SUPPORT = TESTS / "support"
MODULES = [path for path in sorted(SUPPORT.glob("*/*.py")) if path.parent.name != "hostile"]


@pytest.mark.parametrize("name", sorted(each.name for each in SUPPORT.iterdir() if not each.name.startswith("__")))
def test_the_page_names_every_helper(name: str) -> None:
    assert re.search(f"`support/{re.escape(name)}/?`", PAGE), f"say what support/{name} is for"


@pytest.mark.parametrize("name", [f"{path.parent.name}/{path.stem}" for path in MODULES])
def test_the_page_names_every_module_under_its_folder(name: str) -> None:
    folder, module = name.split("/")
    (line,) = re.findall(rf"^- `support/{folder}/`: ((?:.+\n)(?:  .+\n)*)", PAGE, re.MULTILINE)
    assert f"`{module}`" in line, f"say what support/{name}.py is for"


def test_what_the_page_names_is_there() -> None:
    for name in re.findall(r"`((?:support|concurrent)/[\w./]+)`", PAGE):
        assert (TESTS / name).exists(), f"tests/{name} is not there"
    for names, where in re.findall(r"^\| [^|]+\? \| ([^|]+) \| `([^|]+)` \|$", PAGE, re.MULTILINE):
        source = "".join(
            path.read_text("utf-8") for path in [TESTS / where, *(TESTS / where).glob("*.py")] if path.is_file()
        )
        for name in re.findall(r"`(\w+)`", names):
            found = re.search(rf"^(?:def|class) {name}\b", source, re.MULTILINE)
            assert found or (TESTS / where / f"{name}.py").exists(), f"no {name} in tests/{where}"


def test_the_examples_of_the_page_run(deployment: Deployment) -> None:
    rules, whole = blocks(PAGE, "python")
    exec(rules, {})  # noqa: S102 - the page's own
    names = {"Deployment": Deployment, "DAY": DAY, "subscribe": subscribe, "arrived": arrived}
    names |= {"one": one, "halting": halting}
    exec(whole, names)  # noqa: S102 - the page's own
    (test,) = (each for name, each in names.items() if name.startswith("test_"))
    test(deployment)  # type: ignore[operator]
