"""From ``template.yaml`` to plain CloudFormation, by AWS's own SAM translator.

The translator lives in the local AWS environment with its own pins, so this file has two sides: ``transformed`` is
called by the local run and keeps its answers by the template's hash; run as a program, it is the other side.
"""

import hashlib
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PLACEHOLDER = "s3://local/code.zip"


@dataclass(frozen=True, slots=True)
class Code:
    """Where a function's code is: a folder relative to the template, and ``module.attribute`` within it."""

    uri: str
    handler: str


@dataclass(frozen=True, slots=True)
class Transformed:
    """The CloudFormation template, and the code of each function by logical id (the transform drops local paths)."""

    template: dict[str, Any]
    code: dict[str, Code]


def transformed(
    python: Path, template: Path, region: str, cache: Path, given: Mapping[str, str] | None = None
) -> Transformed:
    """Transform ``template``, or read the kept answer. What SAM refuses is a ``ValueError`` with its words.

    ``given`` are values of parameters, and may be more: SAM writes some of them into what it makes.
    """
    given = given or {}
    declared = set(re.findall(r"^  (\w+):$", template.read_text(), re.MULTILINE))
    parameters = json.dumps({name: given[name] for name in sorted(declared & given.keys())})
    source = template.read_bytes() + Path(__file__).read_bytes() + region.encode() + parameters.encode()
    key = hashlib.sha256(source).hexdigest()[:32]
    kept = cache / f"{key}.json"
    if not kept.exists():
        done = subprocess.run(  # noqa: S603 - our own file, run by our own interpreter
            [str(python), str(Path(__file__).resolve()), str(template), parameters],
            env={"AWS_DEFAULT_REGION": region, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise ValueError(f"{template.name} cannot be transformed: {_last_words(done.stderr)}")
        cache.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(f".{hashlib.sha256(done.stdout.encode()).hexdigest()[:8]}.tmp")
        draft.write_text(done.stdout)
        draft.replace(kept)
    document = json.loads(kept.read_text())
    return Transformed(document["template"], {name: Code(**code) for name, code in document["code"].items()})


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "the transform said nothing"


class _NoManagedPolicies:
    """The translator asks for AWS's managed policies, which only an account could list."""

    def load(self) -> dict[str, str]:
        return {}


def main(path: str, parameters: str) -> None:
    """Print ``{"template", "code"}`` of the SAM template at ``path``, under parameters in JSON.

    Runs in the local AWS environment.
    """
    parse = importlib.import_module("samtranslator.yaml_helper").yaml_parse
    transform = importlib.import_module("samtranslator.translator.transform").transform
    document: dict[str, Any] = parse(Path(path).read_text())
    defaults = document.get("Globals", {}).get("Function", {})
    code = {}
    for name, resource in document.get("Resources", {}).items():
        properties = resource.setdefault("Properties", {})
        if resource.get("Type") == "AWS::Serverless::Function":
            uri = properties.get("CodeUri", defaults.get("CodeUri", "."))
            code[name] = {"uri": uri, "handler": properties.get("Handler", defaults.get("Handler", ""))}
            properties["CodeUri"] = _PLACEHOLDER
        elif resource.get("Type") == "AWS::Serverless::LayerVersion":
            properties["ContentUri"] = _PLACEHOLDER
    if "CodeUri" in defaults:
        defaults["CodeUri"] = _PLACEHOLDER
    made = transform(document, json.loads(parameters), _NoManagedPolicies())
    json.dump({"template": made, "code": code}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
