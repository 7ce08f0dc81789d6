"""The tests' house: where a unit test and a helper belong."""

import re
from pathlib import Path

import pytest

from tests.structure.test_areas import ENGINE, RANKS, imports
from tests.support.template import ROOT

TESTS = ROOT / "tests"
SUPPORT = TESTS / "support"
AREAS = sorted(area for area in RANKS if (ENGINE / area).is_dir())
OWN_PROGRAMS = ("simulation", "local/sample", "unit/sandbox/native")
"""What runs by itself: the simulation, a sample application, what a sandbox's child runs instead of the engine."""


def by_path(paths: list[Path]) -> list[str]:
    return sorted(str(path.relative_to(TESTS)) for path in paths)


@pytest.mark.parametrize("name", by_path([*(TESTS / "unit").rglob("test_*.py")]))
def test_a_unit_test_lies_by_the_area_that_it_tests(name: str) -> None:
    folder = Path(name).parts[1]
    known = [*AREAS, "client"]
    assert folder in known, f"{name}: move it to tests/unit/<area>, the area of the module it tests: {known}"
    package = "interactor_client" if folder == "client" else f"interactor.{folder}"
    used = {found for found, _ in imports(TESTS / name)}
    if not any(found.startswith(("interactor.", "interactor_client")) for found in used):
        return  # it tests by a helper of tests/support alone
    inside = any(f"{found}.".startswith(f"{package}.") for found in used)
    assert inside, f"{name} imports nothing of {package}: move it to tests/unit/<the area that it does test>"


def test_what_tests_share_lies_in_support() -> None:
    found = [
        name
        for name in by_path([*TESTS.rglob("*.py")])
        if not Path(name).name.startswith(("test_", "conftest"))
        and not name.startswith(("support/", *(f"{program}/" for program in OWN_PROGRAMS)))
    ]
    assert found == [], f"no test and no fixture: move {found} to tests/support, and name it in tests/README.md"


def test_no_test_is_imported_for_what_it_holds() -> None:
    own = re.compile(r"tests\.(?!support|structure)\w+(\.\w+)*\.test_\w+")
    for path in SUPPORT.rglob("*.py"):
        wrong = [name for name, _ in imports(path) if own.match(name)]
        assert wrong == [], f"{path.relative_to(ROOT)} imports a test: {wrong}"
