"""docs/storage.md against the schema numbers of the code."""

from interactor.definitions.rules import model
from interactor.files import store as files
from interactor.instances.store import document, records
from interactor.people.store import groups, persons
from interactor.webhooks.store import concurrency, subscriptions
from tests.support.pages import rows, section, text

PAGE = text("docs/storage.md")


def test_the_schema_numbers_are_those_of_the_code() -> None:
    told = {row[0]: (row[1], row[2]) for row in rows(section(PAGE, "Releases side by side"))}
    assert told["an instance's head and bulk"] == (f"`SCHEMA = {document.SCHEMA}`", f"up to {document.READABLE}")
    assert told["a history record"] == (f"`SCHEMA = {records.SCHEMA}`", f"up to {records.READABLE}")
    (shared,) = {(each.SCHEMA, each.READABLE) for each in (files, groups, persons, concurrency, subscriptions)}
    others = told["a subscription, a file, a group, a person, what workers share"]
    assert others == (
        f"`SCHEMA = {shared[0]}`",
        f"up to {shared[1]}",
    )
    written, read = told["a compiled definition"]
    assert written.startswith(f"`COMPILER_VERSION = {model.COMPILER_VERSION}`")
    assert read.startswith(" and ".join(map(str, model.READABLE)))
