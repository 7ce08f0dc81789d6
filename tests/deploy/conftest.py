"""What tests of a deployment share: an emulator that checks permissions, and layers for the Python that runs here."""

import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.test_locks import LAYER
from tests.deploy.test_tools import run
from tests.support.rollout.emulated import Aws, start
from tests.support.template import ROOT


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run of the tests, the same for all its processes."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Aws]:
    """An emulated AWS of this session's own."""
    running, stop = start(tmp_path_factory.mktemp("aws"), shared / "transformed")
    yield running
    stop()


@pytest.fixture(scope="session")
def native_layers(shared: Path) -> Path:
    """Both layers as ``sam build`` makes them, but for the Python that runs here; a folder for each."""
    folder = shared / "layers"
    packages, engine = folder / "DependenciesLayer/python", folder / "EngineLayer"
    options = ["--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:", "--target", packages]
    with (shared / "layers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            run(sys.executable, "-m", "pip", "install", *options, "--requirement", LAYER, home=shared)
            run("make", "-C", ROOT / "layers/engine", "build-EngineLayer", home=shared, ARTIFACTS_DIR=str(engine))
            # Lambda has compiled what it keeps warm; an emulator that unpacks the layers for each function has not.
            compiled = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
            run(sys.executable, *compiled, folder, home=shared)
    return folder
