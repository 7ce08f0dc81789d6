"""What the tests of a deployment share: an emulator that checks permissions."""

from collections.abc import Iterator

import pytest

from tests.deploy.emulated import Aws, start


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """An emulated AWS of this session's own."""
    running, stop = start(tmp_path_factory.mktemp("aws"), tmp_path_factory.getbasetemp().parent / "transformed")
    yield running
    stop()
