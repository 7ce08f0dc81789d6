"""The directory: groups and their members, names and addresses of people, absence."""

from collections.abc import Iterator, Sequence
from typing import cast

from interactor_client.calls import Calls, path_of
from interactor_client.models import Away, DirectoryPerson, Group, ListedGroup


class Directory(Calls):
    """The calls about groups and people."""

    def list_groups(self, *, limit: int | None = None) -> Iterator[ListedGroup]:
        """The groups of the account, by id."""
        return cast(Iterator[ListedGroup], self._pages("/groups", "groups", {"limit": limit}))

    def get_group(self, group_id: str) -> Group:
        """One group with its members."""
        return cast(Group, self._get(_group(group_id)))

    def put_group(
        self,
        group_id: str,
        members: Sequence[str],
        *,
        name: str | None = None,
        email: str | None = None,
        revision: str | None = None,
    ) -> Group:
        """Make a group, or replace all of it. With ``revision``, only if that is still the group's."""
        body = {"name": name, "email": email, "members": list(members)}
        return cast(Group, self.transport.call("PUT", _group(group_id), body, headers=_only(revision)))

    def delete_group(self, group_id: str, *, revision: str | None = None) -> None:
        """Delete a group. With ``revision``, only if that is still the group's."""
        self.transport.call("DELETE", _group(group_id), headers=_only(revision))

    def get_person(self, person_id: str) -> DirectoryPerson:
        """What the directory says of a person."""
        return cast(DirectoryPerson, self._get(_person(person_id)))

    def put_person(
        self, person_id: str, *, name: str | None = None, email: str | None = None, locale: str | None = None
    ) -> DirectoryPerson:
        """Store a person's name, address and locale, in place of what was stored."""
        body = {"name": name, "email": email, "locale": locale}
        return cast(DirectoryPerson, self.transport.call("PUT", _person(person_id), body))

    def delete_person(self, person_id: str, *, memberships: bool = False) -> None:
        """Erase a person; with ``memberships``, the person leaves all groups too."""
        query = {"memberships": "true"} if memberships else {}
        self.transport.call("DELETE", _person(person_id), query=query)

    def put_away(self, person_id: str, since: str, until: str, substitute: str, *, actor: str | None = None) -> Away:
        """Have a substitute act for a person from an ISO 8601 time on and before another."""
        body = {"from": since, "until": until, "substitute": substitute}
        return cast(Away, self.transport.call("PUT", f"{_person(person_id)}/away", body, actor=actor))

    def delete_away(self, person_id: str, *, actor: str | None = None) -> None:
        """End an absence, or take back one that is to come."""
        self.transport.call("DELETE", f"{_person(person_id)}/away", actor=actor)


def _group(group_id: str) -> str:
    return path_of("groups", group_id)


def _person(person_id: str) -> str:
    return path_of("people", person_id)


def _only(revision: str | None) -> dict[str, str]:
    return {} if revision is None else {"If-Match": f'"{revision}"'}
