"""Pictures of definitions: everything is in them, and no name means anything to a browser or to Mermaid."""

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactor.definitions.diagram.graph import Taken, graph_of, taken
from interactor.definitions.diagram.mermaid import mermaid
from interactor.definitions.diagram.svg import svg
from interactor.definitions.rules.compile import compile_definition
from tests.support.workflows.runner import Runner, compiled

SVG = "{http://www.w3.org/2000/svg}"
STATES = {
    "ask": {
        "type": "action",
        "logic": {"type": "script", "code": "return {}"},
        "transitions": [
            {"target": "wait", "condition": {"field": "amount", "operator": "gt", "value": 1000}},
            {"target": "end"},
        ],
        "on_error": {"target": "end"},
    },
    "wait": {
        "type": "halting",
        "transition_mode": "selection",
        "timeout": {"after": "1h", "target": "end"},
        "transitions": [{"key": "again", "to": "ask"}, {"key": "stop", "to": "end"}],
    },
    "end": {"type": "terminal"},
}
FORK = {
    "review": {
        "type": "action",
        "fork": {
            "threads": {"left": {"target": "l"}, "right": {"target": "r"}},
            "join": {"target": "end", "policy": "any"},
        },
    },
    "l": {"type": "terminal"},
    "r": {"type": "terminal"},
    "end": {"type": "terminal"},
}


def parsed(picture: str) -> ElementTree.Element:
    """An SVG as XML."""
    return ElementTree.fromstring(picture)  # noqa: S314  # our own text


def texts(picture: str) -> list[str]:
    """All texts of an SVG."""
    return [element.text for element in parsed(picture).iter() if element.text]


@pytest.mark.parametrize("draw", [mermaid, lambda graph: "\n".join(texts(svg(graph)))])
def test_every_state_and_every_kind_of_way_is_in_the_picture(draw):
    picture = draw(graph_of(compiled(STATES)))
    for word in ("ask", "wait", "end", "again", "stop", "on error", "timeout"):
        assert word in picture
    forked = draw(graph_of(compiled(FORK)))
    for word in ("left", "right", "join 1 of 2"):
        assert word in forked


def test_a_condition_is_shown_as_a_person_would_write_it():
    assert "amount > 1000" in texts(svg(graph_of(compiled(STATES))))


def test_the_way_an_instance_took_is_drawn_and_where_it_stands():
    run = Runner(compiled(STATES)).start()
    assert run.path() == ["ask", "end"]
    gone = taken(run.events, {"end": "completed"})
    assert gone.ways == {("ask", "end")}
    assert gone.entered == {"ask", "end"}
    graph = graph_of(run.definition)
    classes = [element.get("class") for element in parsed(svg(graph, gone)).iter(f"{SVG}rect")]
    assert classes == ["node action entered", "node halting", "node terminal entered standing"]
    assert "==>" in mermaid(graph, gone)
    assert "==>" not in mermaid(graph)


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20), st.text(max_size=30))
def test_no_name_or_label_breaks_out_of_the_picture(name, value):
    document = {
        "name": "x",
        "initial_state": name,
        "states": {
            name: {
                "type": "action",
                "transitions": [{"target": "the end", "condition": {"field": "a", "equals": value}}],
            },
            "the end": {"type": "terminal"},
        },
    }
    graph = graph_of(compile_definition(document))
    drawn = parsed(svg(graph, Taken(standing={name: "halted"})))
    assert {element.tag.removeprefix(SVG) for element in drawn.iter()} <= {
        "svg",
        "style",
        "defs",
        "marker",
        "path",
        "g",
        "title",
        "rect",
        "text",
    }
    text = mermaid(graph)
    assert text.count('"') == 2 * len(graph.states) + 2 * len([edge for edge in graph.edges if edge.label])
    assert len(text.splitlines()) == len(mermaid(graph_of(compile_definition(_plain(document, name)))).splitlines())


def _plain(document, name):
    """The same definition with plain names."""
    states = {"s" if each == name else each: state for each, state in document["states"].items()}
    return {**document, "initial_state": "s", "states": states}


def test_a_hundred_states_that_all_lead_to_each_other_are_drawn():
    names = [f"s{number}" for number in range(99)]
    states = {
        name: {
            "type": "action",
            "transitions": [{"target": names[(place + step) % 99]} for step in range(1, 20)] + [{"target": "end"}],
        }
        for place, name in enumerate(names)
    } | {"end": {"type": "terminal"}}
    drawn = parsed(svg(graph_of(compiled(states))))
    assert len(list(drawn.iter(f"{SVG}rect"))) == 100


@pytest.mark.parametrize(
    ("value", "label"),
    [(0.00001, "a = 0.00001"), (10**30, f"a = 1{'0' * 30}"), (True, "a = true"), ([1, None], "a = 1, null")],
)
def test_numbers_of_a_condition_are_written_as_a_person_writes_them(value: object, label: str) -> None:
    state = {"type": "action", "transitions": [{"target": "end", "condition": {"field": "a", "equals": value}}]}
    document = {"name": "x", "initial_state": "begin", "states": {"begin": state, "end": {"type": "terminal"}}}
    assert label in svg(graph_of(compile_definition(document)))
