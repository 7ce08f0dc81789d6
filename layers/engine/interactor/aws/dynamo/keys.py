"""Every key of the table, in one place.

The account in a key comes from the verified token, or from what our own code committed (invariant 6). None of
the parts can hold ``#``: accounts, namespaces and names have their alphabets checked before they come here, and ids of
people and groups, which may hold any character, are escaped here.
"""

from zlib import crc32

from interactor.core.names import escape, unescape
from interactor.core.statuses import Status

HEAD = "M"
REPLAY = "R"
BULK = "L#"
BEFORE_BULK = "K"
"""Sorts between the history and the head, so that one descending query returns head, data and latest history."""
HISTORY = "H#"
DUE_SHARDS = 64
"""Instances of earlier releases are in the first 16 of them, which are read as well."""
CLEANING_SHARDS = 16


def instance(account: str, instance_id: str) -> str:
    """Partition of one instance: head, data, history."""
    return f"A#{account}#I#{instance_id}"


def history(first_number: int) -> str:
    """Sort key of the history record whose first event has this number."""
    return f"{HISTORY}{first_number:010d}"


def history_part(first_number: int, part: int) -> str:
    """Sort key of a further part of a history record that is too large for one item. It sorts before all records."""
    return f"{history_parts(first_number)}{part:03d}"


def history_parts(first_number: int) -> str:
    """The common beginning of the sort keys of all further parts of a record."""
    return f"G#{first_number:010d}#"


def bulk(part: int) -> str:
    """Sort key of one part of the threads' data, when it is too large for the head."""
    return f"{BULK}{part:03d}"


def files(account: str, instance_id: str) -> str:
    """Partition of the files of one instance, by file id, and of their counters."""
    return f"A#{account}#F#{instance_id}"


def file_count(sequence: int, field: str) -> str:
    """Sort key of the counter of one field's files in one halt."""
    return f"N#{sequence:010d}#{field}"


def parse_instance(partition: str) -> tuple[str, str]:
    """Return account and instance id of an instance's partition key."""
    _, account, _, instance_id = partition.split("#")
    return account, instance_id


def shard(identifier: str, shards: int) -> int:
    """Return the number of the partition of a list that something belongs to."""
    return crc32(identifier.encode()) % shards


def sharded(partition: str, number: int) -> str:
    """Return one of the partitions over which a list is spread. The first has the name of a list with one partition."""
    return partition if number == 0 else f"{partition}#{number}"


def status_list(account: str, namespace: str, status: Status) -> str:
    """Index partition: the instances of a namespace in one status. This is the first one (``sharded``)."""
    return f"A#{account}#N#{namespace}#{status}"


def parse_status_list(partition: str) -> tuple[str, str]:
    """Return namespace and status of such a partition."""
    return tuple(partition.split("#")[3:5])  # type: ignore[return-value]  # there are two


def workflow_list(account: str, workflow_name: str) -> str:
    """Index partition: the instances of a workflow. This is the first one (``sharded``)."""
    return f"A#{account}#W#{workflow_name}"


def account_list(account: str) -> str:
    """Index partition: all instances of an account. This is the first one (``sharded``)."""
    return f"A#{account}"


def due(instance_id: str) -> str:
    """Index partition of unfinished instances by due time: one of 64, by the instance."""
    return due_shard(shard(instance_id, DUE_SHARDS))


def due_shard(number: int) -> str:
    """Index partition of unfinished instances by due time, by its number from 0 to 63."""
    return f"due#{number}"


def cleaning(instance_id: str) -> str:
    """Index partition of ended instances, by when they must be deleted: one of 16, by the instance."""
    return cleaning_shard(shard(instance_id, CLEANING_SHARDS))


def cleaning_shard(number: int) -> str:
    """Index partition of ended instances, by its number from 0 to 15."""
    return f"clean#{number}"


def quota(account: str, namespace: str) -> str:
    """Partition of a namespace's counters of active instances."""
    return f"A#{account}#Q#{namespace}"


def quota_shard(number: int) -> str:
    """Sort key of one counter."""
    return f"S#{number}"


def parse_quota_shard(sort: str) -> int:
    """Return the number of the counter with this sort key."""
    return int(sort.removeprefix("S#"))


def remembered(account: str, namespace: str) -> str:
    """Partition of a namespace's idempotency keys.

    Definitions have no namespace, and subscriptions a scope of their own.
    """
    return f"A#{account}#K#{namespace}"


def limits(kind: str, subject: str) -> str:
    """Partition of the rate limits' counters of an account (kind ``A``), an OAuth client (``C``) or a source
    address (``S``)."""
    return f"{kind}#{subject}#L"


def revoked(account: str) -> str:
    """Partition of an account's access tokens that were revoked; the sort key is a token's ``jti``."""
    return f"A#{account}#R"


def family(family_id: str) -> str:
    """Partition of one family of refresh tokens."""
    return f"F#{family_id}"


def workflows(account: str) -> str:
    """Partition of an account's list of workflows."""
    return f"A#{account}#W"


def workflow(account: str, name: str) -> str:
    """Partition of one workflow: its head, versions and their documents."""
    return f"A#{account}#W#{name}"


def version(version_id: str) -> str:
    """Sort key of a version."""
    return f"V#{version_id}"


def chunk(kind: str, version_id: str, number: int) -> str:
    """Sort key of one chunk of a version's document of this kind."""
    return f"{chunks(kind, version_id)}{number:03d}"


def chunks(kind: str, version_id: str) -> str:
    """The common beginning of the sort keys of all chunks of such a document."""
    return f"C#{kind}#{version_id}#"


def generations(account: str) -> str:
    """Partition of the generations of an account's bounded things: how often one was created.

    The sort key is the kind.
    """
    return f"A#{account}#B"


def failures(account: str) -> str:
    """Partition of an account's errors. This is the first one (``sharded``)."""
    return f"A#{account}#E"


def subscriptions(account: str) -> str:
    """Partition of an account's webhook subscriptions."""
    return f"A#{account}#S"


def deliveries(account: str, subscription_id: str) -> str:
    """Partition of a subscription's delivery log, by delivery id."""
    return f"A#{account}#DL#{subscription_id}"


def concurrency(account: str, subscription_id: str) -> str:
    """Partition of the concurrency limit that the workers of one subscription share."""
    return f"A#{account}#G#{subscription_id}"


def mails(account: str, event_id: str) -> str:
    """Partition of the mails that told of one event; the sort key is the recipient, escaped."""
    return f"A#{account}#ML#{event_id}"


def link_keys() -> str:
    """Partition of the keys of signed links, which are the deployment's and no account's."""
    return "LK"


def watch(account: str) -> str:
    """Partition of the concurrency limit that the workers share for an account whose receivers are slow."""
    return f"A#{account}#G"


def account_events(account: str) -> str:
    """Partition of an account's own events, which belong to no instance.

    Their sort keys begin like those of history.
    """
    return f"A#{account}#EV"


def parse_account_events(partition: str) -> str | None:
    """Return the account of such a partition, or None for any other partition."""
    parts = partition.split("#")
    return parts[1] if len(parts) == 3 and parts[2] == "EV" else None


MEMBERSHIP = "G#"
CARE = "N"
"""Sort key of how often somebody was named as this person's care; lies between the profile and who is stood in for."""
STANDS_IN = "S#"
PERSON_FIRST, PERSON_LAST = MEMBERSHIP, "S~"
"""Sort keys of what a standing is read of lie between these, the memberships first."""


def groups(account: str) -> str:
    """Partition of an account's list of groups; the sort key is ``listed_group``."""
    return f"A#{account}#GR"


def listed_group(group: str) -> str:
    """Sort key of a group in that list."""
    return escape(group)


def group(account: str, group: str) -> str:
    """Partition of one group of the directory."""
    return f"A#{account}#GR#{escape(group)}"


def person(account: str, person: str) -> str:
    """Partition of one person of the directory: profile, memberships, for whom the person stands in."""
    return f"A#{account}#P#{escape(person)}"


def membership(group: str) -> str:
    """Sort key of a person's being a member of a group."""
    return f"{MEMBERSHIP}{escape(group)}"


def parse_membership(sort: str) -> str:
    """The group of such a sort key."""
    return unescape(sort.removeprefix(MEMBERSHIP))


def stands_in(absent: str) -> str:
    """Sort key of a person's standing in for another, in the partition of who stands in."""
    return f"{STANDS_IN}{escape(absent)}"


def parse_stands_in(sort: str) -> str:
    """The absent person of such a sort key."""
    return unescape(sort.removeprefix(STANDS_IN))


def inbox_of_person(account: str, person: str) -> str:
    """Partition of the tasks that one person finds in the inbox."""
    return f"A#{account}#TU#{escape(person)}"


def inbox_of_group(account: str, group: str) -> str:
    """Partition of the tasks that the members of a group find in the inbox."""
    return f"A#{account}#TG#{escape(group)}"


def inbox_entry(kind: str, due_at: int, task: str) -> str:
    """Sort key of a task in an inbox, by when it is due; ``kind`` is O (open), C (claimed), W (watched), Q (asked)."""
    return f"{kind}#{due_at:013d}#{task}"


def done_mark(task: str) -> str:
    """Sort key of a task to which a person has responded, in that person's inbox."""
    return f"D#{task}"
