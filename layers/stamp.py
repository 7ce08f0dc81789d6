"""Names a build by what is in it: the last step of ``make build``.

SAM publishes a new version of a function where the function's own properties change, and does not see that a layer's
content did. The digest of everything that was built stands therefore in a variable of every function: whatever
changes, all functions are published anew, with the layers that were built with them.

``sam deploy`` reads the template that is written here (``samconfig.toml``). ``sam build`` alone removes it, so that
nothing can be deployed without its name.
"""

import hashlib
import sys
from pathlib import Path

WRITTEN = "RELEASE: source\n"
"""The variable as template.yaml has it."""
TEMPLATE = "deploy.yaml"


def main(build: Path) -> str:
    """Write ``deploy.yaml`` into a folder that ``sam build`` filled; answers the release's name.

    Raises:
        SystemExit: when there is no build, or its template has the variable not just once.
    """
    built = build / "template.yaml"
    if not built.is_file():
        raise SystemExit(f"{built} is not there: run `make build`")
    text = built.read_text("utf-8")
    if text.count(WRITTEN) != 1:
        raise SystemExit(f"{built} should have {WRITTEN.strip()!r} once, and has it {text.count(WRITTEN)} times")
    release = digest(build)
    (build / TEMPLATE).write_text(text.replace(WRITTEN, f"RELEASE: {release!r}\n"), "utf-8")
    return release


def digest(build: Path) -> str:
    """Twelve characters that are the same for the same files of the same contents, wherever they lie."""
    found = hashlib.sha256()
    for path in sorted(each for each in build.rglob("*") if each.is_file() and each != build / TEMPLATE):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        found.update(f"{path.relative_to(build).as_posix()} {content}\n".encode())
    return found.hexdigest()[:12]


if __name__ == "__main__":
    print(f"release {main(Path(sys.argv[1]))}")
