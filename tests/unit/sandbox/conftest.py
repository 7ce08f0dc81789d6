from collections.abc import Iterator

import pytest

from interactor.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """With the documented limits."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def hasty() -> Iterator[Sandbox]:
    """With 100 ms, for scripts that do not end."""
    with Sandbox(timeout_ms=100) as sandbox:
        yield sandbox
