"""How far the streams have been followed, kept outside the emulator, which may forget its streams."""

import hashlib
import json
import threading
import time
from pathlib import Path

# Commits carry the time they were begun with, and become visible as much later as a function may run.
UNCERTAINTY_MS = 60_000
_SAVE_EVERY_SECONDS = 1.0


def path_for(directory: Path, endpoint: str | None) -> Path:
    """The file of an endpoint; the embedded one has its own, beside its state."""
    if endpoint is None:
        return directory / "relayed.json"
    return directory / f"relayed-{hashlib.sha256(endpoint.encode()).hexdigest()[:16]}.json"


class Checkpoint:
    """Per mapping, the epoch millisecond up to which all that was committed has been handed on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved = 0.0
        self._lock = threading.Lock()
        try:
            self._times: dict[str, int] = {key: int(value) for key, value in json.loads(path.read_text()).items()}
        except (OSError, ValueError, AttributeError):
            self._times = {}

    def since(self, key: str) -> int:
        """From when on to look again (epoch ms); 0, the beginning, when nothing is known."""
        return self._times.get(key, 0)

    def reached(self, key: str, moment_ms: int, *, exact: bool = False) -> None:
        """All before ``moment_ms`` has been handed on; ``exact`` when nothing can still be on its way from before."""
        moment = moment_ms if exact else moment_ms - UNCERTAINTY_MS
        with self._lock:
            self._times[key] = max(self._times.get(key, 0), moment)
            if exact or time.monotonic() - self._saved > _SAVE_EVERY_SECONDS:
                self._save()

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".tmp")
        draft.write_text(json.dumps(self._times))
        draft.replace(self._path)
        self._saved = time.monotonic()
