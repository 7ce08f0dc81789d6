"""Families of refresh tokens in memory."""

from dataclasses import dataclass, field, replace

from interactor.access.rules.tokens import Family


@dataclass
class Families:
    """As the table keeps them."""

    kept: dict[str, Family] = field(default_factory=dict)

    def get(self, family_id: str) -> Family | None:
        return self.kept.get(family_id)

    def put(self, family: Family) -> None:
        self.kept[family.id] = family

    def rotate(self, family: Family, next_hash: str, expires_at: int) -> bool:
        found = self.kept.get(family.id)
        if found is None or found.next_hash != family.next_hash:
            return False
        self.kept[family.id] = replace(found, next_hash=next_hash, expires_at=expires_at)
        return True

    def end(self, family_id: str) -> None:
        self.kept.pop(family_id, None)
