"""Which files a field takes, and what is made of their names."""

import re
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactor.forms.file_fields import (
    accepts,
    disposition,
    most_bytes,
    plain_type,
    problems,
    referred,
)

FILE = "file_01hx0000000000000000000000"


@pytest.mark.parametrize(
    ("accept", "name", "content_type", "taken"),
    [
        (None, "a", "x/y", True),
        ("", "a", "x/y", True),
        (" , ", "a", "x/y", True),
        (5, "a", "x/y", True),
        ("application/pdf", "a", "application/pdf", True),
        ("APPLICATION/PDF", "a", "application/pdf", True),
        ("application/pdf", "a.pdf", "application/pdfx", False),
        ("image/*", "a", "image/png", True),
        ("image/*", "a", "imagex/png", False),
        ("image/*", "a.png", "application/pdf", False),
        ("*/*", "a", "x/y", True),
        (".pdf", "A.PDF", "application/octet-stream", True),
        ("pdf", "a.pdf", "x/y", True),
        (".pdf", "pdf", "x/y", False),
        (".pdf", "a.pdf.exe", "x/y", False),
        (".pdf, image/*", "a.txt", "image/gif", True),
        (".pdf, image/*", "a.txt", "text/plain", False),
    ],
)
def test_accept_is_read_as_html_reads_it(accept: Any, name: str, content_type: str, taken: bool) -> None:
    assert accepts({"name": "x", "accept": accept}, name, content_type) is taken


def test_the_largest_file_is_what_the_field_says_and_never_over_ten_megabytes() -> None:
    assert most_bytes({}) == most_bytes({"maxSize": 10**12}) == most_bytes({"maxSize": True}) == 10 * 2**20
    assert most_bytes({"maxSize": 5}) == 5


def test_a_content_type_loses_its_parameters() -> None:
    assert plain_type(" Text/Plain ; charset=utf-8") == "text/plain"


def wrong(name: str = "a.pdf", content_type: str = "application/pdf", size: int = 5) -> list[str]:
    return [each["field"] for each in problems({"name": "x", "maxSize": 10}, name, content_type, size)]


@pytest.mark.parametrize(
    "name", ["a.pdf", "../../etc/passwd", "C:\\a.pdf", "Vertrag für Ä.pdf", "契約書.pdf", "👩‍💻.txt", "x" * 255]
)
def test_a_name_is_data(name: str) -> None:
    assert wrong(name=name) == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a\r\nSet-Cookie: x",
        "a\0",
        "\x7f",
        "\x85",
        "a\u202efdp.exe",
        "\u2028",
        "\ud800",
        "é" * 128,
        "x" * 10_000,
        "..",
        " ",
    ],
)
def test_a_name_that_would_deceive_or_is_none_is_refused(name: str) -> None:
    assert wrong(name=name) == ["name"]


@pytest.mark.parametrize(
    "content_type", ["", "pdf", "a/", "/b", "a/b/c", "a b/c", "a/b\r\nX: y", "${filename}/x", "x/" + "y" * 200, "é/b"]
)
def test_a_content_type_that_is_none_is_refused(content_type: str) -> None:
    assert wrong(content_type=content_type) == ["content_type"]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert wrong("", "pdf", 11) == ["name", "content_type", "size"]
    assert wrong(size=0) == wrong(size=-1) == ["size"]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a b.pdf", "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf"),
        ("../../etc/passwd", "attachment; filename=\"_.._etc_passwd\"; filename*=UTF-8''_.._etc_passwd"),
        ("Größe.pdf", "attachment; filename=\"Gro_e.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.pdf"),
        ('a";x="b\\c', "attachment; filename=\"a__x__b_c\"; filename*=UTF-8''a%22%3Bx%3D%22b_c"),
        ("..", "attachment; filename=\"file\"; filename*=UTF-8''file"),
    ],
)
def test_a_download_has_a_safe_name(name: str, header: str) -> None:
    assert disposition(name) == header


@given(st.text())
def test_no_name_leaves_its_place_in_the_header(name: str) -> None:
    header = disposition(name)
    match = re.fullmatch(
        r"attachment; filename=\"([A-Za-z0-9 ._()-]+)\"; filename\*=UTF-8''([A-Za-z0-9_.~%-]+)", header
    )
    assert match is not None
    assert not set("/\\\r\n\0") & set(unquote(match[2]))


def test_only_well_formed_ids_of_file_fields_are_looked_up() -> None:
    form = {"type": "form", "fields": [{"name": "x", "type": "file"}, {"name": "y", "type": "string"}]}
    assert referred(form, {"x": [FILE, "inst_x", 5, None, "../" + FILE], "y": FILE, "z": FILE}) == {FILE: "x"}
    assert referred(form, {"x": [FILE] * 6}) == {}
    assert referred({"type": "message"}, {"x": FILE}) == {}
