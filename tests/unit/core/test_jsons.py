"""Numbers as the engine reads and writes them (ruling 31)."""

import pytest

from interactor.core import jsons
from interactor.core.jsons import JsonError

READ = [
    ("1500.0", 1500),
    ("1.5e3", 1500),
    ("1e30", 10**30),
    ("1E+30", 10**30),
    ("1e23", 10**23),
    ("1610521604143693812", 1610521604143693812),
    ("1610521604143693812.0", 1610521604143693812),
    ("1610521604143693812e0", 1610521604143693812),
    ("-1e22", -(10**22)),
    ("-0", 0),
    ("-0.0", 0),
    ("0e999999999", 0),
    ("1e-400", 0),
    ("0.1", 0.1),
    ("0.1000000000000000055", 0.1),
    ("1e-05", 0.00001),
    ("5e-324", 5e-324),
    ("1e308", 10**308),
    ("9" * 308, int("9" * 308)),
]


@pytest.mark.parametrize(("text", "value"), READ)
def test_a_whole_number_is_read_exactly_and_written_whole(text: str, value: float) -> None:
    for read in (jsons.loads(text), jsons.loads_own(text)):
        assert read == value
        assert type(read) is type(value)
    assert jsons.loads(jsons.dumps(value)) == value
    if isinstance(value, int):
        assert jsons.dumps(value).removeprefix("-").isdigit()


@pytest.mark.parametrize("text", ["1e400", "-1e400", "1e309", "9" * 309, "-" + "9" * 309, "9" * 5000, "1.0e999999999"])
def test_a_number_beyond_the_doubles_is_refused(text: str) -> None:
    with pytest.raises(JsonError, match="too large"):
        jsons.loads(f'{{"a":{text}}}')


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00001, "0.00001"),
        (1500.0, "1500"),
        (1e30, "1000000000000000000000000000000"),
        (-2.5e-7, "-0.00000025"),
        (12.5, "12.5"),
        (True, "true"),
        ("1e-05", '"1e-05"'),
        ({"1.0": [1e-05, 'a"1.0', 2.0]}, '{"1.0":[0.00001,"a\\"1.0",2]}'),
    ],
)
def test_within_a_text_numbers_are_written_as_a_person_writes_them(value: object, text: str) -> None:
    assert jsons.text(value) == text
