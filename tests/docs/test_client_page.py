"""docs/client.md against the client."""

import re

from interactor_client import Client
from tests.support.pages import rows, text

PAGE = text("docs/client.md")


def test_the_table_has_every_method_once() -> None:
    named = [name for row in rows(PAGE) for name in re.findall(r"`(\w+)`", row[1])]
    methods = [name for name in dir(Client) if not name.startswith("_") and name != "transport"]
    assert sorted(named) == sorted(methods)
