"""CONTRIBUTING.md: the endpoint that it shows."""

from tests.support.pages import ROOT, code, rows, section, text

MOST_FILES = 8


def test_the_worked_endpoint_is_read_in_eight_files_that_there_are() -> None:
    files = [code(row[0]) for row in rows(section(text("CONTRIBUTING.md"), "A new endpoint"))]
    assert len(files) == len(set(files)) <= MOST_FILES
    assert [file for file in files if not (ROOT / file).is_file()] == []
