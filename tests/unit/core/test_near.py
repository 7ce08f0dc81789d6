"""The nearest known name."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactor.core.near import LONGEST, nearest

KNOWN = ("timeout", "on_error", "title", "required", "namespace", "selected_option", "input", "to", "halt_id", "status")

MEANT = [
    ("timout", "timeout"),
    ("on_eror", "on_error"),
    ("titel", "title"),
    ("requird", "required"),
    ("namespce", "namespace"),
    ("Status", "status"),
    ("haltId", "halt_id"),
    ("halt-id", "halt_id"),
    ("inptu", "input"),
    ("option", "selected_option"),
    ("ot", "to"),
]
FAR = ["", "x", "data", "approved", "_", "n" * 10_000, "\U0001f600" * 70, "é" * LONGEST]


@pytest.mark.parametrize(("name", "meant"), MEANT)
def test_a_misspelt_name_is_near_the_one_that_was_meant(name: str, meant: str) -> None:
    assert nearest(name, KNOWN) == meant


@pytest.mark.parametrize("name", FAR)
def test_what_is_like_none_of_them_is_near_none(name: str) -> None:
    assert nearest(name, KNOWN) is None


def test_the_nearest_wins_and_of_equally_near_names_the_first() -> None:
    assert nearest("pathes", ("paths", "patches", "path")) == "paths"
    assert nearest("aaab", ("aaac", "aaad")) == "aaac"


def test_names_of_any_length_cost_little() -> None:
    known = ["a" * length for length in range(1, 2 * LONGEST)]
    began = time.process_time()
    for _ in range(20):
        nearest("b" * 1_000_000, known)
        nearest("b" * LONGEST, known)
        nearest("a" * LONGEST, known)
    assert time.process_time() - began < 2


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=5))
def test_any_text_has_an_answer_that_is_known(name: str, known: list[str]) -> None:
    assert nearest(name, known) in (None, *known)


@given(st.text(alphabet="abcdefghij", min_size=4, max_size=20), st.integers(0, 18))
def test_two_exchanged_characters_are_one_mistake(name: str, at: int) -> None:
    at = min(at, len(name) - 2)
    exchanged = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    assert nearest(exchanged, [name]) == name
