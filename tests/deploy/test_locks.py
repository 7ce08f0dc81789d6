"""The locks: complete, hashed, and the same versions wherever the same code runs."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.template import ROOT

LAYER = ROOT / "layers/dependencies/requirements.txt"
LOCKS = [*sorted((ROOT / "requirements").glob("*.txt")), LAYER]
IN_THE_RUNTIME = {"boto3", "botocore", "s3transfer"}
each_lock = pytest.mark.parametrize("lock", LOCKS, ids=lambda path: f"{path.parent.name}/{path.name}")


def pins(lock: Path) -> dict[str, str]:
    """Versions by package; a package pinned differently for different Pythons has them all."""
    found: dict[str, str] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", lock.read_text(), re.MULTILINE):
        found[name] = f"{found[name]} {version}" if name in found else version
    return found


@each_lock
def test_every_package_is_pinned_by_hash(lock: Path) -> None:
    blocks = re.split(r"^(?=[a-z0-9])", lock.read_text(), flags=re.MULTILINE)[1:]

    assert blocks
    for block in blocks:
        assert re.search(r"==.*\\\n    --hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]


@each_lock
def test_a_lock_names_no_index(lock: Path) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", lock.read_text())


def test_the_tests_run_what_is_deployed() -> None:
    app, dev, layer = pins(ROOT / "requirements/app.txt"), pins(ROOT / "requirements/dev.txt"), pins(LAYER)

    assert app.items() <= dev.items()
    assert layer.items() <= app.items()


def test_the_layer_leaves_out_what_the_runtime_brings() -> None:
    assert not pins(LAYER).keys() & IN_THE_RUNTIME
    assert "urllib3" in pins(LAYER)  # requests must not depend on the runtime's


@pytest.mark.parametrize("environment", ["app", "dev", "aws", "sam"])
def test_an_environment_has_all_its_packages_need(environment: str) -> None:
    python = ROOT / ".venvs" / environment / "bin/python"

    checked = subprocess.run([python, "-m", "pip", "check"], capture_output=True, text=True)

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("environment", ["app", "dev", "aws", "sam"])
def test_an_environment_has_nothing_of_the_machine_on_its_path(environment: str) -> None:
    folder = ROOT / ".venvs" / environment
    settings = (folder / "pyvenv.cfg").read_text()

    assert "include-system-site-packages = false" in settings
