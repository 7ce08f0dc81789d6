"""The house: which area may import which, and which modules decide by values alone.

``docs/architecture.md`` shows the order; a message of these tests says where a thing belongs.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.pages import ROOT, text

ENGINE = ROOT / "layers" / "engine" / "interactor"
ORDER = (
    ("core",),
    ("settings", "logs"),
    ("aws", "outgoing", "sandbox"),
    ("access",),
    ("people",),
    ("definitions",),
    ("forms",),
    ("assignments",),
    ("logic",),
    ("instances",),
    ("files",),
    ("tasks",),
    ("webhooks",),
    ("services",),
    ("api", "workers"),
)
"""Each area may import those of the rows above its own."""
RANKS = {area: rank for rank, row in enumerate(ORDER) for area in row}
OUTSIDE_THE_LAYER = {"admin"}
"""The command line's name within the project; the layer is built without it, so no area uses it."""
OUTSIDE_THE_ENGINE = {"interactor_client", "interactor_cli"}
"""They stand beside the engine and travel in no layer."""

PURE = ("core", "forms", "assignments", "access/rules", "definitions/rules", "definitions/diagram", "logic/rules")
PURE += ("instances/rules", "people/rules", "tasks/rules", "webhooks/rules")
"""Folders whose modules are given all they need as values."""
IMPURE_PACKAGES = {"boto3", "botocore", "aws_lambda_powertools", "socket", "subprocess", "requests"}
IMPURE_MODULES = {"time", "random", "secrets", "logging", "os"}
"""Clock, chance, log and environment: they are handed in (``core.world``)."""


@cache
def modules() -> dict[str, Path]:
    """Every module of the engine by its dotted name, without ``interactor.``."""
    found = {}
    for path in ENGINE.rglob("*.py"):
        parts = path.relative_to(ENGINE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """What a module imports, anywhere in it, and in which line; for type checkers only counts as well."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((each.name, node.lineno) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                whole = f"{node.module}.{each.name}"
                yield (whole if whole.removeprefix("interactor.") in modules() else node.module), node.lineno


def own(name: str) -> str | None:
    """The dotted name within the engine, or None for what is not the engine's."""
    return name.removeprefix("interactor.") if name.startswith("interactor.") else None


@pytest.mark.parametrize("module", sorted(set(modules()) - {""}))
def test_an_area_imports_only_what_stands_below_it(module: str) -> None:
    area = module.partition(".")[0]
    if area in OUTSIDE_THE_LAYER:
        return
    assert area in RANKS, f"{module}: '{area}' is in no row of ORDER; say below which areas it stands"
    for name, line in imports(modules()[module]):
        assert name.partition(".")[0] not in OUTSIDE_THE_ENGINE, (
            f"{module}:{line} imports {name}, which is not deployed"
        )
        imported = (own(name) or "").partition(".")[0]
        if imported in ("", area):
            continue
        assert imported not in OUTSIDE_THE_LAYER, f"{module}:{line} imports {name}, which is not deployed"
        assert RANKS[imported] < RANKS[area], (
            f"{module}:{line} imports {name}. '{area}' stands below '{imported}': what both need belongs into the "
            f"lower of them or into core; what '{area}' must be given comes as an argument (a Protocol says its shape)"
        )


@pytest.mark.parametrize("module", sorted(name for name in modules() if name.replace(".", "/").startswith(PURE)))
def test_rules_are_given_values_and_reach_for_nothing(module: str) -> None:
    for name, line in imports(modules()[module]):
        where = own(name)
        top = name.partition(".")[0]
        assert top not in IMPURE_PACKAGES | IMPURE_MODULES, (
            f"{module}:{line} imports {name}. Rules decide by values: clock, chance, log and AWS belong into the "
            "area's use cases, which hand in what the rules need"
        )
        if where is not None:
            assert where.replace(".", "/").startswith(PURE), (
                f"{module}:{line} imports {name}, which is no rule: what is needed of it goes into a folder `rules`, "
                "or is handed in"
            )


def test_the_page_shows_the_order_that_is_held() -> None:
    page = text("docs/architecture.md")
    shown = [line.strip("` ") for line in page.splitlines() if line.startswith("    core") or " · " in line]
    words = " ".join(shown)
    positions = [words.find(area) for row in ORDER for area in row if area not in ("settings", "logs")]
    assert all(position >= 0 for position in positions)
    assert positions == sorted(positions)


@pytest.mark.parametrize("area", sorted(area for area in RANKS if (ENGINE / area).is_dir()))
def test_an_area_says_what_it_owns_and_what_to_open_first(area: str) -> None:
    told = ast.get_docstring(ast.parse((ENGINE / area / "__init__.py").read_text("utf-8"))) or ""
    assert "Open first: ``" in told, f"{area}/__init__.py does not say which file to open first"
    named = told.partition("Open first: ``")[2].partition("``")[0]
    assert (ENGINE / area / named).exists(), f"{area}/__init__.py names {named}, which is not there"


@pytest.mark.parametrize("path", sorted((ROOT / "interactor_client").glob("*.py")), ids=lambda path: path.stem)
def test_the_client_uses_nothing_of_the_engine_and_no_package_but_requests(path: Path) -> None:
    for name, line in imports(path):
        top = name.partition(".")[0]
        assert top in sys.stdlib_module_names | {"requests", "interactor_client"}, f"{path.name}:{line} imports {name}"
