"""What the environment says about one local run."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 8080
DEFAULT_REGION = "us-east-1"
REAL_AWS = "aws"
"""``AWS_ENDPOINT_URL`` for AWS itself, which has no one URL for all its services."""


class LocalRunError(Exception):
    """The local run cannot start or go on; the message is one clear line for the person at the console."""


LEASH = "INTERACTOR_LOCAL_LEASH"
"""Set by a process that launches a local run: the run ends when its standard input does, so with that process."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One local run. ``port`` 0 is any free port; ``endpoint`` None is the embedded MiniStack,
    ``REAL_AWS`` is AWS itself.
    """

    template: Path
    directory: Path
    seed: Path
    port: int
    endpoint: str | None
    fresh: bool
    clock_seconds: float
    stack: str
    region: str
    environment: Mapping[str, str]

    @property
    def log(self) -> Path:
        """Where the functions' own lines go."""
        return self.directory / "log" / "run.log"

    @property
    def base_url(self) -> str:
        """Where the front answers, once ``port`` is a real one."""
        return f"http://127.0.0.1:{self.port}"


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Read ``PORT FRESH ClockSeconds AWS_ENDPOINT_URL INTERACTOR_LOCAL_*``; a bad value is a ``LocalRunError``."""
    env = dict(os.environ if environment is None else environment)
    endpoint = env.get("AWS_ENDPOINT_URL", "").strip() or None
    if endpoint is not None and endpoint != REAL_AWS and urlsplit(endpoint).scheme not in ("http", "https"):
        raise LocalRunError(f"AWS_ENDPOINT_URL must be an http or https URL, or {REAL_AWS!r}, not {endpoint!r}.")
    port = _number(env, "PORT", DEFAULT_PORT)
    if port != int(port) or not 0 <= port <= 65535:
        raise LocalRunError(f"PORT must be a whole number from 0 (any free port) to 65535, not {env['PORT']!r}.")
    clock = _number(env, "ClockSeconds", 1)
    if clock <= 0:
        raise LocalRunError("ClockSeconds must be above 0.")
    return Settings(
        template=Path(env.get("INTERACTOR_LOCAL_TEMPLATE") or ROOT / "template.yaml").resolve(),
        directory=Path(env.get("INTERACTOR_LOCAL_DIRECTORY") or ROOT / ".local").resolve(),
        seed=Path(env.get("INTERACTOR_LOCAL_SEED") or ROOT / "local" / "seed.json").resolve(),
        port=int(port),
        endpoint=endpoint,
        fresh=env.get("FRESH", "").strip().lower() in ("1", "true", "yes", "on"),
        clock_seconds=clock,
        stack=env.get("INTERACTOR_LOCAL_STACK") or "interactor-local",
        region=env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or DEFAULT_REGION,
        environment=env,
    )


def aws_python() -> Path:
    """The interpreter of the local AWS environment; a ``LocalRunError`` names the way out when it is missing."""
    python = ROOT / ".venvs" / "aws" / "bin" / "python"
    if not python.exists():
        raise LocalRunError(f"The local AWS environment {python.parent.parent} is missing: run `make setup` first.")
    return python


def now_ms() -> int:
    """The wall clock in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, "").strip()
    try:
        return float(text) if text else default
    except ValueError:
        raise LocalRunError(f"{name} must be a number, not {text!r}.") from None
