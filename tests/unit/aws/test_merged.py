"""Lists over several partitions: every item once, newest first, however they are spread and paged."""

from hypothesis import given
from hypothesis import strategies as st

from interactor.aws.dynamo.items import Item
from interactor.aws.dynamo.merged import newest
from interactor.aws.dynamo.table import Page


def place(item: Item) -> str:
    text: str = item["sk"]["S"]
    return text


def page_of(partition: list[str], below: str, limit: int) -> Page:
    """What a query answers: a next page may be promised where there is nothing left."""
    found = [each for each in sorted(partition, reverse=True) if each < below]
    taken = tuple({"sk": {"S": each}} for each in found[:limit])
    return Page(taken, taken[-1] if len(found) >= limit else None)


@given(
    st.sets(st.integers(0, 999), max_size=60),
    st.integers(1, 7),
    st.integers(1, 9),
    st.randoms(use_true_random=False),
)
def test_every_item_comes_once_and_in_order(numbers: set[int], partitions: int, limit: int, chance: object) -> None:
    spread: list[list[str]] = [[] for _ in range(partitions)]
    for number in sorted(numbers):
        chance.choice(spread).append(f"{number:03d}")  # type: ignore[attr-defined]  # it is a random.Random
    found, below, pages = list[str](), "~", 0
    while True:
        some, position = newest([page_of(each, below, limit) for each in spread], place, limit)
        assert len(some) <= limit
        found += map(place, some)
        pages += 1
        if position is None:
            break
        assert some, "a page that is not the last has something"
        below = position
    assert found == sorted((f"{number:03d}" for number in numbers), reverse=True)
    assert pages <= len(numbers) + 2
