"""What pydantic's models would add to a cold start, beside its core alone: ``python -m benchmarks.models``.

Each case is imported by a process of its own, in turn; its processor time counts, which a busy machine changes little.
"""

import resource
import statistics
import subprocess
import sys

ROUNDS = 12
_NOTHING = "nothing"
CASES = {
    _NOTHING: "",
    "the core, one judge": """
from pydantic_core import SchemaValidator
member = {"type": "typed-dict-field", "required": False, "schema": {"type": "nullable", "schema": {"type": "dict"}}}
judge = SchemaValidator({"type": "typed-dict", "extra_behavior": "forbid", "fields": {"input": member}})
judge.validate_python({"input": {}})
""",
    "one model": """
from typing import Any
from pydantic import BaseModel, ConfigDict
class Resume(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    input: dict[str, Any] | None = None
Resume.model_validate({"input": {}})
""",
    "all bodies of the API": "import sys; sys.path.insert(0, 'layers/engine'); import interactor.api.bodies",
}


def main() -> None:
    """Measure and print."""
    found: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, code in CASES.items():
            found[name].append(_milliseconds(code))
    nothing = statistics.median(found.pop(_NOTHING))
    for name, times in found.items():
        print(f"{name + ':':24} {statistics.median(times) - nothing:4.0f} ms of processor")


def _milliseconds(code: str) -> float:
    before = _spent()
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - the cases above
    return (_spent() - before) * 1000


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
