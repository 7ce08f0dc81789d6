"""The tables of ``docs/performance.md``, made from the results; the text around them is written by hand."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import bill, prices
from benchmarks.bill import Work
from benchmarks.cost import BATCHES, variant
from benchmarks.prices import GIGABYTE, MILLION
from benchmarks.tally import Tally, tidy
from local.settings import ROOT

PAGE = ROOT / "docs" / "performance.md"
_MARKED = re.compile(r"<!-- table: (\w+) -->\n.*?<!-- end -->", re.DOTALL)

Results = Mapping[str, Any]


def write(results: Results) -> None:
    """Put the tables into the page."""
    PAGE.write_text(filled(PAGE.read_text(), results))


def filled(text: str, results: Results) -> str:
    """The page with its tables made anew."""

    def fill(match: re.Match[str]) -> str:
        return f"<!-- table: {match[1]} -->\n{TABLES[match[1]](results)}\n<!-- end -->"

    return _MARKED.sub(fill, text)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def work_of(results: Results, workflow: str, name: str, batch: int = 5) -> Work:
    """One variant of a workflow, counted and timed."""
    phases = results["cost"]["workflows"][workflow][name]
    timed = results["cost_times"][f"batches of {batch}"]
    milliseconds = {folder: each["wall_ms"] for folder, each in timed.items()}
    return Work({phase: Tally.read(tally) for phase, tally in phases.items()}, milliseconds)


def _costs(results: Results) -> str:
    """The approval at each batch size, by what is paid for."""
    variants = [(variant(keys, batch, True), batch) for keys in (False, True) for batch in BATCHES]
    bills = [bill.of(work_of(results, "purchase_approval", name, batch)) for name, batch in variants]
    rows = [[name, *(_dollars(each[name]) for each in bills)] for name in bills[0]]
    rows.append(["**a million approvals**", *(f"**{_dollars(bill.total(each))}**" for each in bills)])
    free = [
        bill.total(bill.of(work_of(results, "purchase_approval", variant(keys, 5, False)))) for keys in (False, True)
    ]
    rows.append(["without rate limits", "", _dollars(free[0]), "", "", _dollars(free[1]), ""])
    return table(["", *(name.replace("batches of ", "") for name, _ in variants)], rows)


def _calls(results: Results) -> str:
    """Calls by phase, of the approval at batches of 5 without keys."""
    work = work_of(results, "purchase_approval", variant(False, 5, True))
    names = sorted({name for tally in work.phases.values() for name in tally.calls})
    rows = [[f"`{name}`", *(_count(tally.calls.get(name, 0)) for tally in work.phases.values())] for name in names]
    return table(["call", *work.phases], rows)


def _units(results: Results) -> str:
    """Units by what was written or read."""
    work = work_of(results, "purchase_approval", variant(True, 5, True))
    rows = []
    for kind, title in (("write_units", "write"), ("read_units", "read")):
        names = sorted({name for tally in work.phases.values() for name in getattr(tally, kind)})
        for name in names:
            cells = [_count(getattr(tally, kind).get(name, 0)) for tally in work.phases.values()]
            rows.append([f"{title}: {name}", *cells])
    return table(["units", *work.phases], rows)


def _peers(results: Results) -> str:
    """Each workflow beside its peers."""
    rows = []
    for workflow in ("purchase_approval", "one_call", "ten_reviews"):
        name = variant(False, 5, True) if workflow == "purchase_approval" else "batches of 5"
        mine = bill.total(bill.of(work_of(results, workflow, name)))
        rows.append([f"`{workflow}`", "Interactor", "", "", "", _dollars(mine), ""])
        for peer, workflows in results["peers"].items():
            found = workflows[workflow]
            cells = [str(len(found["pieces"])), _dollars(found["own"]), _dollars(found["around"])]
            rows.append(["", peer, *cells, _dollars(found["total"]), f"{found['total'] / mine:.1f} times"])
    return table(["workflow", "", "pieces", "their price", "around it", "a million", ""], rows)


def _pieces(results: Results) -> str:
    """What is counted at each peer."""
    rows = [
        [peer, f"`{workflow}`", "; ".join(found["pieces"])]
        for peer, workflows in results["peers"].items()
        for workflow, found in workflows.items()
    ]
    return table(["", "workflow", "pieces"], rows)


def _times(results: Results) -> str:
    """Milliseconds of an invocation."""
    timed = results["cost_times"]
    folders = sorted({folder for each in timed.values() for folder in each})
    rows = []
    for folder in folders:
        cells = [timed[name].get(folder) for name in timed]
        rows.append(
            [f"`{folder}`", *("" if each is None else f"{each['wall_ms']} ({each['processor_ms']})" for each in cells)]
        )
    return table(["milliseconds (of them the processor's)", *timed], rows)


def _apart(results: Results) -> str:
    """Storage, recovery and deletion of a million ended approvals."""
    kept = results["cost"]["kept"]
    gigabytes = kept["stored_bytes"] * MILLION / GIGABYTE
    rows = [
        ["storage, a month", f"{kept['stored_bytes']} bytes each", _dollars(gigabytes * prices.STORED_GB.dollars)],
        ["point-in-time recovery, a month", "the same", _dollars(gigabytes * prices.PITR_GB.dollars)],
        [
            "deletion, once",
            f"{kept['delete_units']} write units each",
            _dollars(kept["delete_units"] * prices.WRITE_UNIT.dollars * MILLION),
        ],
    ]
    return table(["of a million ended approvals", "", ""], rows)


def _prices(_: Results) -> str:
    rows = [[each.name, each.shown, each.per, each.source] for each in prices.ALL]
    return table(["us-east-1, read on " + prices.READ_ON, "", "for a", "from"], rows)


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"


def _count(number: float) -> str:
    return f"{tidy(number):g}" if number else ""


TABLES = {
    "costs": _costs,
    "calls": _calls,
    "units": _units,
    "peers": _peers,
    "pieces": _pieces,
    "times": _times,
    "apart": _apart,
    "prices": _prices,
}
