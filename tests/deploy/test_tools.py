"""The deployment tools' own opinion of the template."""

import os
import subprocess
from pathlib import Path

from tests.support.template import ROOT, TEMPLATE

SAM = ROOT / ".venvs/sam/bin"


def run(*command: str | Path, home: Path, **environment: str) -> str:
    """Run a tool without credentials, region or settings of this machine; its output, and what it says if it fails."""
    clean = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(home),
        **{name: value for name, value in os.environ.items() if name.startswith("PIP_") or name.endswith("_CA_BUNDLE")},
        **environment,
    }
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_sam_finds_the_template_valid(tmp_path: Path) -> None:
    assert "valid SAM Template" in run(
        SAM / "python", "-m", "samcli", "validate", "--lint", "--template-file", TEMPLATE, home=tmp_path
    )


def test_cfn_lint_has_nothing_to_say(tmp_path: Path) -> None:
    assert run(SAM / "cfn-lint", TEMPLATE, home=tmp_path) == ""
