"""A graph as Mermaid text (a flowchart). Names are escaped, so none of their characters has a meaning in Mermaid."""

from interactor.definitions.diagram.graph import Edge, Graph, Taken
from interactor.definitions.rules.model import State

_SHAPES = {"action": ("[", "]"), "halting": ("{{", "}}"), "terminal": ("([", "])")}
_CLASSES = """\
    classDef halting fill:#fff4d6,stroke:#b8860b,color:#222
    classDef terminal fill:#e8f0e8,stroke:#4a7a4a,color:#222
    classDef action fill:#eef2fb,stroke:#4a62a0,color:#222
    classDef entered stroke-width:3px
    classDef standing stroke:#c0392b,stroke-width:4px"""


def mermaid(graph: Graph, taken: Taken | None = None) -> str:
    """Return the text of a flowchart. With ``taken``, the way of an instance is thick, and its present state is red."""
    ids = {name: f"s{number}" for number, name in enumerate(graph.states)}
    lines = ["flowchart TD", f"    start((start)) --> {ids[graph.initial]}"]
    lines += [f"    {ids[name]}{_node(state)}" for name, state in graph.states.items()]
    for edge in graph.edges:
        lines.append(f"    {ids[edge.source]} {_arrow(edge, taken)} {ids[edge.target]}")
    lines.append(_CLASSES)
    for name, state in graph.states.items():
        lines.append(f"    class {ids[name]} {state.type}")
        if taken is not None and name in taken.entered:
            lines.append(f"    class {ids[name]} entered")
        if taken is not None and name in taken.standing:
            lines.append(f"    class {ids[name]} standing")
    return "\n".join(lines) + "\n"


def _node(state: State) -> str:
    opening, closing = _SHAPES[state.type]
    return f'{opening}"{_text(state.name)}"{closing}'


def _arrow(edge: Edge, taken: Taken | None) -> str:
    gone = taken is not None and (edge.source, edge.target) in taken.ways
    line = "==" if gone else "-." if edge.kind in ("error", "timeout", "join") else "--"
    end = {"==": "==>", "-.": ".->", "--": "-->"}[line]
    return f'{line} "{_text(edge.label)}" {end}' if edge.label else {"==": "==>", "-.": "-.->", "--": "-->"}[line]


def _text(text: str) -> str:
    """Return a text with Mermaid's entity codes for everything except letters, digits and plain punctuation."""
    plain = " _-.,:=<>≥≤≠…()+*"
    kept = (each if each.isalnum() or (each in plain and each not in "<>") else f"#{ord(each)};" for each in text)
    return "".join(kept)
