"""How far a deployment goes: a model of each limit, in approvals a second, for ``docs/scaling.md``.

Nothing here was run on AWS. What an approval writes to each partition is counted (``benchmarks/results/cost.json`` and
the layout in ``docs/storage.md``); what AWS takes are its documented quotas, which are named in the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interactor.aws.dynamo.keys import DUE_SHARDS
from interactor.instances.rules.quota_shards import INSTANCES_PER_SHARD, MOST_SHARDS

PARTITION_WRITES = 1_000
"""Write units a second of one partition key (DynamoDB)."""
TABLE_WRITES = 40_000
"""Write units a second of an on-demand table, before its quota is raised (DynamoDB)."""
CONCURRENCY = 1_000
"""Invocations at once of an account and region, before that quota is raised (Lambda)."""
GATEWAY_REQUESTS = 10_000
"""Requests a second of an account and region (API Gateway)."""

WRITES_OF_APPROVAL = 24
"""Write units of one approval, everything counted: $15.06 a million at $0.625."""
STATUS_WRITES, LIST_WRITES, DUE_WRITES, COUNTER_WRITES = 2, 1, 3, 4
"""Of them: to the list of halted instances, to each other list, to what is due, and to the quota's counters."""
REQUESTS = 2
INVOCATION_SECONDS = 0.22
"""Create, resume, relay and two deliveries together, as ``docs/performance.md`` models them on AWS."""
HELD_SECONDS = 0.01
"""How long a transaction holds what it writes."""


@dataclass(frozen=True)
class Deployment:
    """What an owner sets. ``accounts`` share the load evenly; each has one namespace and one workflow."""

    accounts: int = 1
    index_shards: int = 1
    namespace_quota: int = 10_000
    requests_per_second: int = 500
    table_writes: int = TABLE_WRITES
    concurrency: int = CONCURRENCY
    gateway: int = GATEWAY_REQUESTS


def limits(deployment: Deployment) -> dict[str, float]:
    """Approvals a second at which each limit is met, of all accounts together."""
    lists = PARTITION_WRITES * deployment.index_shards * deployment.accounts
    quota = deployment.namespace_quota
    counters = max(1, min(MOST_SHARDS, quota // INSTANCES_PER_SHARD)) * deployment.accounts
    found = {
        "requests to the API": min(deployment.requests_per_second, deployment.gateway) / REQUESTS,
        "list by status": lists / STATUS_WRITES,
        "lists of account and workflow": lists / LIST_WRITES,
        "what is due": PARTITION_WRITES * DUE_SHARDS / DUE_WRITES,
        "the quota's counters": counters / HELD_SECONDS / 2 / 2 if quota else float("inf"),
        "writes of the table": deployment.table_writes / WRITES_OF_APPROVAL,
        "invocations at once": deployment.concurrency / INVOCATION_SECONDS,
    }
    return dict(sorted(found.items(), key=lambda each: each[1]))


SETTINGS: Mapping[str, Sequence[Deployment]] = {
    "as deployed": (Deployment(), Deployment(accounts=1_000)),
    "for 1,000": (
        Deployment(1, 4, 0, requests_per_second=4_000),
        Deployment(1_000, 1, 10_000, requests_per_second=4_000),
    ),
    "for 10,000": (
        Deployment(1, 32, 0, 40_000, 400_000, 4_000, 40_000),
        Deployment(1_000, 1, 10_000, 40_000, 400_000, 4_000, 40_000),
    ),
}


def limit_rows() -> list[list[str]]:
    """For each limit of a deployment as it comes, at how many approvals a second one account meets it."""
    return [[name, f"{rate:,.0f}"] for name, rate in limits(Deployment()).items()]


def rows() -> list[list[str]]:
    """For each setting: what an account alone may do, what a thousand may do together, and what stops them first."""
    found = []
    for name, (alone, many) in SETTINGS.items():
        line = [name]
        for deployment in (alone, many):
            what, rate = next(iter(limits(deployment).items()))
            line += [f"{rate:,.0f}", what]
        found.append(line)
    return found


def main() -> None:
    """Print the table, and every limit of each setting."""
    print("\n".join("| " + " | ".join(row) + " |" for row in rows()))
    for name, deployments in SETTINGS.items():
        for deployment in deployments:
            print(name, deployment)
            for limit, rate in limits(deployment).items():
                print(f"    {rate:>12,.0f}  {limit}")


if __name__ == "__main__":
    main()
