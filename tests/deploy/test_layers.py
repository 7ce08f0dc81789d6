"""The layers, built as a deployment builds them, and for the Python that runs the tests."""

import json
import marshal
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distributions
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from layers import stamp
from tests.deploy.test_locks import LAYER, pins
from tests.deploy.test_tools import SAM, run
from tests.support.template import ROOT, Function, functions

BUDGET = 60_000_000
"""Bytes of all layers, unzipped. Lambda's own limit is 250 MB; cold starts feel it long before."""
RUNTIME = (3, 13)
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
IN_THE_RUNTIME = ["boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3"]

pytestmark = pytest.mark.build


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where ``sam build`` put what it built for arm64."""
    folder = tmp_path_factory.mktemp("deployed")
    sam_build = [SAM / "python", "-m", "samcli", "build", "--build-dir", folder / "build", "--base-dir", ROOT]
    run(*sam_build, home=folder, ARCHITECTURE="arm64", PYTHON=sys.executable)
    return folder / "build"


def test_a_build_is_named_by_what_is_in_it(deployed: Path, tmp_path: Path) -> None:
    """And `sam deploy` takes the template that has the name, which `sam build` does not make."""
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))["default"]["deploy"]["parameters"]
    assert settings["template_file"] == f".aws-sam/build/{stamp.TEMPLATE}"
    assert not (deployed / stamp.TEMPLATE).exists()
    copied = tmp_path / "build"
    shutil.copytree(deployed, copied)
    first = stamp.main(copied)
    assert f"RELEASE: '{first}'" in (copied / stamp.TEMPLATE).read_text("utf-8")
    assert stamp.main(copied) == first
    (copied / "EngineLayer" / "python" / "interactor" / "services.py").write_text("changed = True", "utf-8")
    assert stamp.main(copied) != first
    (copied / "template.yaml").write_text("Resources: {}", "utf-8")
    with pytest.raises(SystemExit, match="has it 0 times"):
        stamp.main(copied)
    with pytest.raises(SystemExit, match="make build"):
        stamp.main(tmp_path)


def tags(layer: Path) -> dict[str, list[str]]:
    """The wheel tags of each package in a layer: for which Pythons and machines it was built."""
    return {
        re.sub(r"[-_.]+", "-", distribution.name).lower(): re.findall(
            r"^Tag: (\S+)", distribution.read_text("WHEEL") or "", re.MULTILINE
        )
        for distribution in distributions(path=[str(layer / "python")])
    }


def fits(tag: str, machine: str) -> bool:
    """Whether a wheel of this tag runs on the runtime's Python on this machine."""
    python, abi, platform = tag.split("-")
    stable = abi == "abi3" and (version := re.fullmatch(r"cp3(\d+)", python)) and int(version[1]) <= RUNTIME[1]
    right_python = (
        stable or f"cp{RUNTIME[0]}{RUNTIME[1]}" in {python, abi} or (abi == "none" and python.startswith("py"))
    )
    return bool(right_python) and (platform == "any" or bool(re.fullmatch(rf"manylinux\w+_{machine}", platform)))


def assert_complete(layer: Path, machine: str) -> None:
    """Every package of the lock is there, built for the runtime."""
    found = tags(layer)
    assert found.keys() == pins(LAYER).keys()
    for name, wheel in found.items():
        assert any(fits(tag, machine) for tag in wheel), f"{name} was built for {wheel}"


def test_every_package_has_a_wheel_for_the_deployed_runtime(deployed: Path) -> None:
    assert_complete(deployed / "DependenciesLayer", MACHINES["arm64"])


def test_and_for_the_other_architecture(tmp_path: Path) -> None:
    command = ["make", "-C", ROOT / "layers/dependencies", "build-DependenciesLayer"]

    run(*command, home=tmp_path, ARCHITECTURE="x86_64", ARTIFACTS_DIR=str(tmp_path), PYTHON=sys.executable)

    assert_complete(tmp_path, MACHINES["x86_64"])


def test_bytecode_comes_along_where_the_runtimes_python_is_there(tmp_path: Path) -> None:
    """A layer cannot be written to: without it, each cold start compiles the sources, which doubles the import."""
    mine = ".".join(map(str, sys.version_info[:2]))
    command = ["make", "-C", ROOT / "layers/engine", "build-EngineLayer"]
    run(*command, home=tmp_path, ARTIFACTS_DIR=str(tmp_path), RUNTIME_PYTHON=sys.executable, RUNTIME_VERSION=mine)

    sources = list((tmp_path / "python").rglob("*.py"))
    compiled = [Path(cache_from_source(str(source))) for source in sources]
    assert [path for path in compiled if not path.exists()] == []
    for path in compiled:
        assert path.read_bytes()[4:8] == b"\x01\0\0\0", "by its hash, which nobody checks: a deployed file has no time"
    code = marshal.loads(compiled[0].read_bytes()[16:])  # noqa: S302 - what was just made
    assert code.co_filename.startswith("/opt/python/interactor/")


def test_another_python_makes_no_bytecode_that_the_functions_could_not_read(tmp_path: Path) -> None:
    command = ["make", "-C", ROOT / "layers/engine", "build-EngineLayer", f"ARTIFACTS_DIR={tmp_path}"]
    command += [f"RUNTIME_PYTHON={sys.executable}", "RUNTIME_VERSION=3.99"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert "RUNTIME_PYTHON is not Python 3.99" in done.stderr


def test_an_unknown_architecture_is_refused_by_name(tmp_path: Path) -> None:
    command = ["make", "-C", ROOT / "layers/dependencies", "ARCHITECTURE=arm", f"ARTIFACTS_DIR={tmp_path}"]

    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode != 0
    assert "ARCHITECTURE is 'arm': it must be arm64 or x86_64" in done.stderr


def test_the_layers_stay_within_their_budget(deployed: Path) -> None:
    layers = [deployed / "DependenciesLayer", deployed / "EngineLayer"]
    size = sum(file.stat().st_size for layer in layers for file in layer.rglob("*") if file.is_file())

    assert size <= BUDGET


def test_the_engine_layer_is_the_package_without_the_command_line_and_nothing_else(deployed: Path) -> None:
    source = ROOT / "layers/engine/interactor"
    built = deployed / "EngineLayer/python"

    expected = {
        file.relative_to(source) for file in source.rglob("*") if file.is_file() and "__pycache__" not in file.parts
    } - {Path("admin.py")}

    assert {path.name for path in built.iterdir()} == {"interactor"}
    assert {file.relative_to(built / "interactor") for file in built.rglob("*") if file.is_file()} == expected
    assert not [file for file in built.rglob("*.py") if re.search(r"interactor_cl|\.admin\b", file.read_text("utf-8"))]


@pytest.fixture(scope="module")
def path_of_a_function(native_layers: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What a function has on its path beside its own folder, built for this Python: both layers, and boto3."""
    runtime = tmp_path_factory.mktemp("runtime")
    site_packages = Path(sysconfig.get_path("purelib"))
    for name in IN_THE_RUNTIME:
        (runtime / name).symlink_to(site_packages / name)
    return [native_layers / "DependenciesLayer/python", native_layers / "EngineLayer/python", runtime]


def start(function: Function, path: list[Path]) -> str:
    """Import a function's module as a cold start does, in a process of its own; what went wrong, or nothing."""
    folders = [str(ROOT / "functions" / function.folder), *map(str, path)]
    module, name = function.properties["Handler"].rsplit(".", 1)
    program = f"import sys; sys.path[:0] = {json.dumps(folders)}; import {module}; assert callable({module}.{name})"
    declared = dict.fromkeys(function.variables, "1") | {"LOG_LEVEL": "INFO"}
    environment = {**declared, "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "PATH": os.defpath}
    command = [sys.executable, "-I", "-S", "-B", "-W", "error::DeprecationWarning:app", "-c", program]
    done = subprocess.run(command, env=environment, cwd=path[0], capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def test_every_function_starts_with_its_layers_its_variables_and_boto3_alone(path_of_a_function: list[Path]) -> None:
    with ThreadPoolExecutor(2) as workers:
        outcomes = workers.map(lambda function: start(function, path_of_a_function), functions())
    failed = {function.folder: words for function, words in zip(functions(), outcomes, strict=True) if words}

    assert not failed, "\n\n".join(f"{name}: {words}" for name, words in failed.items())
