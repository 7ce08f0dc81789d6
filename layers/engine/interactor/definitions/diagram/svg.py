"""A graph as SVG: states in rows by their distance from the start, forward ways between the rows, other ways around
them.

The SVG is one self-contained document without scripts or outside references. Every text in it is escaped.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax import saxutils

from interactor.definitions.diagram.graph import Edge, Graph, Taken

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 190, 44, 50, 76, 40
_LANE = 18
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_NAME = 24
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #222; text-anchor: middle }
.label { font-size: 11px; fill: #555; paint-order: stroke; stroke: #fff; stroke-width: 3px }
.node { stroke-width: 1.5 } .edge { fill: none; stroke: #777; stroke-width: 1.3 }
.action { fill: #eef2fb; stroke: #4a62a0 } .halting { fill: #fff4d6; stroke: #b8860b }
.terminal { fill: #e8f0e8; stroke: #4a7a4a }
.error, .timeout, .join { stroke-dasharray: 5 4 } .taken { stroke: #222; stroke-width: 2.6 }
.entered { stroke-width: 3 } .standing { stroke: #c0392b; stroke-width: 4 }
"""


@dataclass(frozen=True)
class _Box:
    """Where a state is drawn: its row, and the middle of its box."""

    row: int
    x: float
    y: float


def svg(graph: Graph, taken: Taken | None = None) -> str:
    """Return the SVG. With ``taken``, the way of an instance is thick, and its present state is red."""
    boxes = _boxes(graph)
    around = [edge for edge in graph.edges if boxes[edge.target].row <= boxes[edge.source].row]
    right = max(box.x for box in boxes.values()) + WIDTH / 2
    width = right + MARGIN + _LANE * (len(around) + 1)
    height = max(box.y for box in boxes.values()) + HEIGHT / 2 + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img">',
        f"<style>{_STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" '
        'markerWidth="10" markerHeight="10" orient="auto-start-reverse">'
        '<path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>',
    ]
    parts += [_edge(edge, boxes, right + _LANE * (lane + 1), taken) for lane, edge in enumerate(around)]
    parts += [_edge(edge, boxes, None, taken) for edge in graph.edges if edge not in around]
    parts += [_node(name, graph, boxes[name], taken) for name in graph.states]
    return "".join([*parts, "</svg>"])


def _boxes(graph: Graph) -> Mapping[str, _Box]:
    ranks = _rows(graph)
    rows: dict[int, list[str]] = {}
    for name in graph.states:
        rows.setdefault(ranks[name], []).append(name)
    widest = max(len(names) for names in rows.values())
    span = widest * WIDTH + (widest - 1) * GAP_X
    boxes: dict[str, _Box] = {}
    for row in sorted(rows):
        names = sorted(rows[row], key=lambda name: _pull(name, graph, boxes))
        left = MARGIN + (span - len(names) * (WIDTH + GAP_X) + GAP_X) / 2
        for place, name in enumerate(names):
            x = left + place * (WIDTH + GAP_X) + WIDTH / 2
            boxes[name] = _Box(row, x, MARGIN + row * (HEIGHT + GAP_Y) + HEIGHT / 2)
    return boxes


def _pull(name: str, graph: Graph, placed: Mapping[str, _Box]) -> float:
    """Return the mean position of the states above that lead here, so that fewer ways cross."""
    above = [placed[edge.source].x for edge in graph.edges if edge.target == name and edge.source in placed]
    return sum(above) / len(above) if above else 0.0


def _rows(graph: Graph) -> dict[str, int]:
    """Return each state's row: one below the lowest state that leads to it, without ways back.

    Unreachable states come last.
    """
    ways: dict[str, list[str]] = {name: [] for name in graph.states}
    for edge in graph.edges:
        ways[edge.source].append(edge.target)
    order, back = _walk(graph.initial, ways)
    found = dict.fromkeys(order, 0)
    for name in order:
        for target in ways[name]:
            if (name, target) not in back:
                found[target] = max(found[target], found[name] + 1)
    last = max(found.values()) + 1
    return found | {name: last for name in graph.states if name not in found}


def _walk(initial: str, ways: Mapping[str, list[str]]) -> tuple[list[str], set[tuple[str, str]]]:
    """Return the reachable states, each before those that it leads to, and the ways that lead back."""
    finished: list[str] = []
    back: set[tuple[str, str]] = set()
    open_: dict[str, int] = {initial: 0}
    seen = {initial}
    while open_:
        name = next(reversed(open_))
        if open_[name] == len(ways[name]):
            finished.append(name)
            del open_[name]
            continue
        target = ways[name][open_[name]]
        open_[name] += 1
        if target in open_:
            back.add((name, target))
        elif target not in seen:
            seen.add(target)
            open_[target] = 0
    return finished[::-1], back


def _edge(edge: Edge, boxes: Mapping[str, _Box], lane: float | None, taken: Taken | None) -> str:
    source, target = boxes[edge.source], boxes[edge.target]
    if lane is None:
        begin, end = source.y + HEIGHT / 2, target.y - HEIGHT / 2
        middle = (begin + end) / 2
        bend = f"{source.x:.1f} {middle:.1f} {target.x:.1f} {middle:.1f}"
        path = f"M{source.x:.1f} {begin:.1f}C{bend} {target.x:.1f} {end:.1f}"
        x, y = source.x + (target.x - source.x) * 0.65, end - 22
    else:
        begin, end = source.x + WIDTH / 2, target.x + WIDTH / 2
        lower, upper = source.y + 8, target.y - 8
        path = f"M{begin:.1f} {lower:.1f}H{lane:.1f}V{upper:.1f}H{end:.1f}"
        x, y = lane, (lower + upper) / 2
    gone = taken is not None and (edge.source, edge.target) in taken.ways
    kinds = f"edge {edge.kind}{' taken' if gone else ''}"
    label = f'<text class="label" x="{x:.1f}" y="{y:.1f}">{_text(edge.label)}</text>' if edge.label else ""
    return f'<path class="{kinds}" d="{path}" marker-end="url(#tip)"/>{label}'


def _node(name: str, graph: Graph, box: _Box, taken: Taken | None) -> str:
    state = graph.states[name]
    standing = taken.standing.get(name) if taken is not None else None
    kinds = f"node {state.type}"
    if taken is not None and name in taken.entered:
        kinds += " entered"
    if standing is not None:
        kinds += " standing"
    radius = {"action": 6, "halting": 14, "terminal": HEIGHT / 2}[state.type]
    x, y = box.x - WIDTH / 2, box.y - HEIGHT / 2
    shown = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    told = f"{name} ({state.type})" + (f": {standing}" if standing else "")
    return (
        f'<g><title>{_text(told)}</title><rect class="{kinds}" x="{x:.1f}" y="{y:.1f}" width="{WIDTH}" '
        f'height="{HEIGHT}" rx="{radius}"/><text x="{box.x:.1f}" y="{box.y + 4:.1f}">{_text(shown)}</text></g>'
    )


def _text(text: str) -> str:
    """Return a text for the SVG. Characters that XML 1.0 cannot have are replaced."""
    return saxutils.escape(_NOT_XML.sub("\ufffd", text))
