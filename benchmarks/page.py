"""The tables of ``docs/performance.md``, made from the results; the text around them is written by hand."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks import bill, latency, prices
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
        if not NEEDED[match[1]] <= results.keys():
            return match[0]
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
        name = variant(False, 5, False) if workflow == "purchase_approval" else "batches of 5"
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


def _overhead(results: Results) -> str:
    """Handler and floor."""
    rows = []
    for name, took in results["overhead_times"].items():
        calls = ", ".join(f"`{each}`" for each in results["overhead"][name])
        cells = [f"{took['floor']} ({took['floor_processor']})", f"{took['handler']} ({took['handler_processor']})"]
        rows.append([name, calls, *cells, f"{took['quotient']:.2f}"])
    return table(["milliseconds (of them the processor's)", "calls", "floor", "handler", "quotient"], rows)


def _coldstart(results: Results) -> str:
    """Each handler against the bare process."""
    found = results["coldstart_times"]
    bare = found["bare"]
    rows = []
    for name in ["bare", *sorted(each for each in found if each != "bare")]:
        wall, processor = found[name]["wall_ms"], found[name]["processor_ms"]
        quotients = [wall["median"] / bare["wall_ms"]["median"], processor["least"] / bare["processor_ms"]["least"]]
        cells = [f"{wall['least']:.0f}", f"{wall['median']:.0f}", f"{processor['least']:.0f}"]
        rows.append(
            [f"`{name}`" if name != "bare" else "boto3 and one client", *cells, *(f"{q:.2f}" for q in quotients)]
        )
    return table(["milliseconds", "least", "median", "processor", "of the median", "of the processor's"], rows)


def _growing(part: str, what: str) -> Callable[[Results], str]:
    """Units by size: read and write."""

    def made(results: Results) -> str:
        sizes = results["growth"][part]
        order = sorted(sizes, key=lambda size: int(size.split()[0].replace(",", "")))
        names = list(sizes[order[0]])
        rows = [[name, *(_pair(sizes[size][name]) for size in order)] for name in names]
        return table([what, *order], rows)

    return made


def _latency(results: Results) -> str:
    """The model of what a caller waits for."""
    timed = {name: each["processor_ms"] for name, each in results["cost_times"]["batches of 1"].items()}
    timed |= {"advance_steps": results["cost_times"]["batches of 5"]["advance_steps"]["processor_ms"]}
    phases = results["cost"]["workflows"]["purchase_approval"][variant(False, 1, True)]
    one_call = results["cost"]["workflows"]["one_call"]["batches of 5"]
    tallies = {
        "create_instance": Tally.read(phases["create"]),
        "resume_instance": Tally.read(phases["resume"]),
        "relay_events": Tally.read(phases["relay"]).per(2),
        "deliver_webhooks": Tally.read(phases["deliver"]).per(2),
        "advance_steps": Tally.read(one_call["steps"]),
    }
    rows = []
    for name in latency.BEFORE_THE_ANSWER:
        found = latency.milliseconds(name, tallies, timed)
        rows.append([name, "; ".join(f"{part} {took:g}" for part, took in found["parts"].items()), f"{found['sum']}"])
    return table(["from", "milliseconds", "sum"], rows)


def _load(results: Results) -> str:
    """What the load came to."""
    found = results["load_times"]
    rows = [
        ["requests", f"{sum(found['statuses'].values()):,} in {found['seconds']:g} s by {found['clients']} clients"],
        ["answers", ", ".join(f"{name}: {count:,}" for name, count in found["statuses"].items())],
        ["answers of 500 and over; requests without an answer", f"{found['server_errors']}; {found['unanswered']}"],
        ["calls of AWS; of them refused as throttled; answers lost", _faults(found["faults"])],
        [
            "instances, and how they were left",
            ", ".join(f"{count:,} {name}" for name, count in found["instances"].items()),
        ],
        ["instances not where they were left; webhooks that did not come", _lost(found["lost"])],
        ["webhooks that came", f"{found['webhooks']:,}"],
        ["resident memory, warm and at the end", f"{found['memory_mb']['warm']} MB, {found['memory_mb']['end']} MB"],
    ]
    waits = [f"{name} {took['p50']:.0f} ({took['p99']:.0f})" for name, took in found["milliseconds"].items()]
    rows.append(["milliseconds to the answer, p50 (p99), all on one machine", ", ".join(waits)])
    return table(["", ""], rows)


def _faults(made: Mapping[str, int]) -> str:
    return f"{made['calls']:,}; {made.get('throttled', 0):,}; {made.get('lost', 0):,}"


def _lost(lost: Mapping[str, int]) -> str:
    return f"{lost['instances']}; {lost['webhooks']}"


def _pair(units: Mapping[str, float]) -> str:
    read, write = units["read"], units["write"]
    return f"{read:g}" if not write else f"{read:g} + {write:g} w"


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
    "overhead": _overhead,
    "coldstart": _coldstart,
    "growth_instances": _growing("instances", "instances"),
    "growth_events": _growing("events", "events of the instance"),
    "growth_data": _growing("data", "data of the instance"),
    "latency": _latency,
    "load": _load,
}

_OF_COST = {"cost", "cost_times", "peers"}
NEEDED = dict.fromkeys(TABLES, _OF_COST) | {
    "overhead": {"overhead", "overhead_times"},
    "coldstart": {"coldstart_times"},
    "growth_instances": {"growth"},
    "growth_events": {"growth"},
    "growth_data": {"growth"},
    "load": {"load_times"},
}
"""The documents that each table is made from: it stays as it is while one of them is not there."""
