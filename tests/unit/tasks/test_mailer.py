"""Who gets a mail of a task, by which link, and how often: at most once, whatever comes twice or fails."""

import itertools
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from interactor.aws.dynamo.table import Table
from interactor.core.times import DAY, HOUR, Millis
from interactor.core.world import World
from interactor.people.rules.directory import Away, Group, Person
from interactor.tasks.link_keys import LinkKeys
from interactor.tasks.links import Links
from interactor.tasks.mail.letters import Letter
from interactor.tasks.mail.marks import MarkStore
from interactor.tasks.mail.send import Mailer
from interactor.tasks.mail.ses import NotSentError, RefusedError
from interactor.tasks.rules import notices
from interactor.tasks.rules.link_tokens import Link
from interactor.tasks.rules.notices import MEMBERS_MAILED, OpenTask
from tests.support.memory.dynamo import FakeDynamo

NOW: Millis = 1_770_000_000_000
TASK_ID = "task_01hzzzzzzzzzzzzzzzzzzzzzzz_3"
TASK = OpenTask(TASK_ID, "Order 4711", "Please look.", NOW + DAY, "decide", users={"ann", "bo"}, groups={"finance"})
EVENT: dict[str, Any] = {
    "type": "task",
    "subtype": "created",
    "id": "evt_1",
    "at": NOW,
    "task_id": TASK_ID,
    "notify": {"users": ["ann"], "groups": []},
}


def person(name: str, **more: Any) -> Person:
    return Person(name, f"{name.capitalize()} Doe", f"{name}@example.com", **more)


class Plain:
    """Seals nothing."""

    def seal(self, _: str, text: str) -> str:
        return text

    def open(self, _: str, sealed: str) -> str:
        return sealed


class House:
    """A mailer with a directory and a post office of its own. ``will`` says what becomes of the next mails."""

    def __init__(self, task: OpenTask | None = TASK) -> None:
        self.now = NOW
        self.task = task
        self.known = {each.id: each for each in (person("ann"), person("bo"), person("cho", locale="de-DE"))}
        self.groups: dict[str, Group] = {}
        self.sent: list[tuple[str, Letter]] = []
        self.will: list[Exception] = []
        self.dynamo = FakeDynamo()
        drawn = itertools.count(1)
        world = World(lambda: self.now, lambda size: bytes([next(drawn)]) * size, lambda _: None)
        table = Table(self.dynamo, "table")  # type: ignore[arg-type]  # it does what is asked of the client
        self.links = Links(world, LinkKeys(world, table, Plain), "https://api.example.com/", 7 * DAY)
        self.mailer = Mailer(world, self, self, self.links, MarkStore(table), self)

    def open_task(self, account: str, task_id: str) -> OpenTask | None:
        assert (account, task_id) == ("acc", TASK_ID)
        return self.task

    def people(self, _: str, persons: Any) -> dict[str, Person]:
        return {each: self.known[each] for each in persons if each in self.known}

    def group(self, _: str, group: str) -> Group | None:
        return self.groups.get(group)

    def send(self, to: str, letter: Letter) -> None:
        if self.will:
            raise self.will.pop(0)
        self.sent.append((to, letter))

    def tell(self, **event: Any) -> list[str]:
        """Relay an event and send its mails; returns the addresses in turn."""
        for message in notices.messages("acc", [{**EVENT, **event}]):
            self.mailer.handle(message)
        return self.told

    @property
    def told(self) -> list[str]:
        return [to for to, _ in self.sent]

    def link(self, place: int = 0) -> Link | None:
        """The link of a mail; None where it is the inbox's address."""
        (url,) = re.findall(r"https://\S+", self.sent[place][1].text)
        query = parse_qs(urlsplit(url).query)
        assert url.startswith("https://api.example.com/inbox/task?")
        if "id" in query:
            assert query == {"id": [TASK_ID]}
            return None
        found = self.links.read(query["t"][0])
        assert found is not None
        return found


def group(size: int, email: str | None = None) -> Group:
    return Group("finance", tuple(f"m{number}" for number in range(size)), NOW, NOW, "r", "Finance team", email)


@pytest.fixture
def house() -> House:
    return House()


def test_an_assignee_gets_a_link_of_their_own(house: House) -> None:
    assert house.tell(notify={"users": ["ann", "bo"], "groups": []}) == ["ann@example.com", "bo@example.com"]
    assert house.link(0) == Link("acc", TASK_ID, "ann", 0, NOW + 7 * DAY)
    assert house.link(1) == Link("acc", TASK_ID, "bo", 0, NOW + 7 * DAY)


def test_a_link_is_of_the_slots_present_generation() -> None:
    house = House(replace(TASK, generations={"ann": 2}))
    house.tell()
    link = house.link()
    assert link is not None
    assert link.generation == 2


@pytest.mark.parametrize("kind", notices.MAILED)
def test_every_kind_that_tells_somebody_is_mailed(house: House, kind: str) -> None:
    house.tell(subtype=kind, by="bo", question="Why?")
    assert house.told == ["ann@example.com"]


@pytest.mark.parametrize("kind", ["responded", "claimed", "released", "commented", "completed", "expired", "cancelled"])
def test_nothing_else_is(house: House, kind: str) -> None:
    assert house.tell(subtype=kind) == []


def test_an_event_that_tells_nobody_is_not_mailed(house: House) -> None:
    assert house.tell(notify=None) == []


def test_a_task_that_is_over_is_not_mailed() -> None:
    assert House(None).tell() == []


def test_who_has_responded_or_is_excluded_is_not_told() -> None:
    house = House(replace(TASK, responded={"ann"}, excluded={"bo"}))
    assert house.tell(notify={"users": ["ann", "bo", "cho"], "groups": []}) == ["cho@example.com"]


def test_who_has_no_registered_address_is_not_told_even_by_an_id_that_is_one(house: House) -> None:
    house.known["dee"] = Person("dee", "Dee")
    assert house.tell(notify={"users": ["dee", "eve@example.com"], "groups": []}) == []


def test_who_is_told_without_the_task_being_theirs_gets_no_link_of_their_own(house: House) -> None:
    house.tell(subtype="escalated", notify={"users": ["cho"], "groups": []})
    assert house.link() is None


def test_who_is_asked_a_question_gets_no_link_of_their_own(house: House) -> None:
    house.tell(subtype="info_requested", by="bo", question="Why?")
    assert house.link() is None
    assert "Bo Doe has a question" in house.sent[0][1].text
    assert "Why?" in house.sent[0][1].text


def test_without_links_the_mail_has_the_inboxs_address() -> None:
    house = House(replace(TASK, links="none"))
    house.tell()
    assert house.link() is None


def test_who_stands_in_for_an_absent_person_is_told_too_and_why(house: House) -> None:
    house.known["ann"] = person("ann", away=Away(NOW, NOW + HOUR, "cho"))
    assert house.tell() == ["ann@example.com", "cho@example.com"]
    assert "Ann Doe vertreten" in house.sent[1][1].text
    link = house.link(1)
    assert link is not None
    assert link.person == "cho"


@pytest.mark.parametrize("away", [Away(NOW + 1, NOW + HOUR, "cho"), Away(NOW - HOUR, NOW, "cho")])
def test_before_and_after_an_absence_nobody_stands_in(house: House, away: Away) -> None:
    house.known["ann"] = person("ann", away=away)
    assert house.tell() == ["ann@example.com"]


@pytest.mark.parametrize("changed", [{"excluded": {"cho"}}, {"responded": {"cho"}}])
def test_who_may_not_decide_does_not_stand_in(changed: Any) -> None:
    house = House(replace(TASK, **changed))
    house.known["ann"] = person("ann", away=Away(NOW, NOW + HOUR, "cho"))
    assert house.tell() == ["ann@example.com"]


def test_members_of_a_group_are_told_each_in_their_language(house: House) -> None:
    house.groups["finance"] = replace(group(0), members=("bo", "cho", "ghost"))
    assert house.tell(notify={"users": [], "groups": ["finance"]}) == ["bo@example.com", "cho@example.com"]
    assert "member of the group Finance team" in house.sent[0][1].text
    assert "Mitglied der Gruppe Finance team" in house.sent[1][1].text
    link = house.link(1)
    assert link is not None
    assert link.person == "cho"


@pytest.mark.parametrize("size", [MEMBERS_MAILED, MEMBERS_MAILED + 1])
def test_a_large_group_is_told_at_its_own_address_without_a_link_of_anybodys(house: House, size: int) -> None:
    house.groups["finance"] = group(size, "finance@example.com")
    house.known |= {f"m{number}": person(f"m{number}") for number in range(size)}
    house.tell(notify={"users": [], "groups": ["finance"]})
    if size <= MEMBERS_MAILED:
        assert len(house.told) == size
    else:
        assert house.told == ["finance@example.com"]
        assert house.link() is None


@pytest.mark.parametrize("known", [None, group(101)])
def test_a_group_without_an_address_or_outside_the_directory_is_not_told(house: House, known: Group | None) -> None:
    house.groups |= {} if known is None else {"finance": known}
    assert house.tell(notify={"users": [], "groups": ["finance"]}) == []


def test_a_message_that_comes_twice_sends_once(house: House) -> None:
    house.tell()
    house.tell()
    assert house.told == ["ann@example.com"]
    house.tell(id="evt_2", subtype="reminded")
    assert len(house.told) == 2


def test_who_is_told_as_a_person_and_as_a_member_is_told_once(house: House) -> None:
    house.groups["finance"] = replace(group(0), members=("ann", "bo"))
    assert house.tell(notify={"users": ["ann"], "groups": ["finance"]}) == ["ann@example.com", "bo@example.com"]


def test_what_ses_would_not_send_now_is_sent_when_the_message_comes_again(house: House) -> None:
    house.will = [NotSentError("TooManyRequestsException")]
    both = {"users": ["ann", "bo"], "groups": []}
    with pytest.raises(NotSentError):
        house.tell(notify=both)
    assert house.told == ["bo@example.com"]
    house.tell(notify=both)
    assert house.told == ["bo@example.com", "ann@example.com"]


def test_what_was_refused_for_good_is_not_tried_again_and_holds_up_nobody(house: House) -> None:
    house.will = [RefusedError("BadRequestException")]
    both = {"users": ["ann", "bo"], "groups": []}
    house.tell(notify=both)
    house.tell(notify=both)
    assert house.told == ["bo@example.com"]


def test_where_it_is_not_known_whether_a_mail_was_sent_it_is_not_sent_again(house: House) -> None:
    house.will = [TimeoutError()]
    with pytest.raises(TimeoutError):
        house.tell()
    house.tell()
    assert house.told == []


def test_no_message_of_the_queue_and_no_mark_holds_a_link(house: House) -> None:
    many = [f"p{number}" for number in range(25)]
    made = list(notices.messages("acc", [{**EVENT, "notify": {"users": many, "groups": ["finance"]}}]))
    assert [len(each.get("users", [])) for each in made] == [10, 10, 5, 0]
    house.tell()
    token = house.sent[0][1].text.partition("?t=")[2].partition("\n")[0]
    assert token not in str(made)
    assert token not in str(house.dynamo.__dict__)


def test_a_mark_ends_by_itself(house: House) -> None:
    house.tell()
    (mark,) = house.dynamo.partition("A#acc#ML#evt_1")
    assert int(mark["expires_at"]["N"]) == (NOW + 30 * DAY) // 1_000
