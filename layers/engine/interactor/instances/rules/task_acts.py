"""What people and the clock do to a task, as changes of its thread: every rule that moves a task.

Each act is judged on the present thread, inside the loop that commits it: what others did in between counts
(invariant 1). A response takes a new sequence only when it decides.

    respond    checked by the form and the comment rule, counted; decided: the outcome is written, enter(target)
    override   a manager decides as the input says; no response
    claim, release, reassign, ask, answer, comment, remind    change the task, and nothing else
    run_timer  a reminder, a level of the escalation, the end of a claim
    time_out   expired: decisions says so, enter(target)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from interactor.assignments import quorum, timers
from interactor.assignments.asked import Asked
from interactor.assignments.progress import Progress, Question, Response
from interactor.core import ids, limits
from interactor.core.errors import (
    AssignmentTooLargeError,
    HistoryLimitExceededError,
    InvalidRequestError,
    InvalidTransitionError,
    WorkflowDataTooLargeError,
)
from interactor.core.jsons import Json, JsonObject, size
from interactor.core.paths import Scope
from interactor.core.times import Millis, iso
from interactor.definitions.rules.model import DECISIONS, State
from interactor.forms import check, redaction
from interactor.forms.file_fields import Uploads
from interactor.instances.rules import halting, open_tasks
from interactor.instances.rules.instance import Halt, LastResume
from interactor.instances.rules.layers import Written
from interactor.instances.rules.machine import Advance
from interactor.instances.rules.thread_draft import INPUT, DoneMark

Via: TypeAlias = Literal["api", "inbox", "link", "bulk", "service", "timer"]
Past: TypeAlias = Callable[[Sequence[int]], Sequence[JsonObject]]
"""Reads history events by their numbers."""

_ROOM = 100
"""Events that are kept free for what decides or ends a task."""


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, maybe in the place of another one whose slot it is, and by which way."""

    person: str
    slot: str
    via: Via
    client: str | None = None
    group: tuple[str, ...] = ()
    """The person's groups that are assigned."""
    address: str | None = None

    @property
    def on_behalf_of(self) -> str | None:
        """The person in whose place it is done, or None."""
        return None if self.slot == self.person else self.slot

    def fields(self) -> JsonObject:
        """What events tell of it."""
        told: JsonObject = {
            "by": self.person,
            "on_behalf_of": self.on_behalf_of,
            "via": self.via,
            "client": self.client,
            "address": self.address,
        }
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True)
class Given:
    """An answer as it was sent; ``hash`` tells it from another one, ``seen`` is what its sender says was shown."""

    input: JsonObject | None
    option: str | None
    comment: str | None
    hash: str
    seen: str | None = None


class TaskAdvance(Advance):
    """A draft of one act at the task of a halted thread."""

    # What decides

    def respond(self, actor: Actor, given: Given, uploads: Uploads, past: Past, now: Millis) -> None:
        """Take in a response, and go on where it decides. Whether the actor may respond was judged before.

        Raises:
            InvalidRequestError: when fields, the comment or the size are wrong; all fields are named.
            InvalidTransitionError: when a lone response matches no transition.
            WorkflowDataTooLargeError: when the data would pass its bound.
        """
        state, halt, asked, progress = self._task()
        checked = self._checked(state, halt, given, uploads)
        side = quorum.side_of(asked.outcome, checked.own_form)
        self._check_comment(asked, side, given.comment)
        if asked.quorum.kind != "first" and size([checked.merged, given.comment]) > limits.TASK_RESPONSE_BYTES:
            raise _wrong("input", "and comment are over 2 KB together, as much as one of several responses may have")
        group = quorum.group_for(asked, progress, side, actor.group) if asked.quorum.per_group else None
        response = Response(actor.slot, actor.person, side, 0, given.hash, group)
        after = progress.moved(responses=(*progress.responses, response))
        outcome = quorum.decided(asked, after)
        fields = actor.fields() | {"outcome": side, "input": checked.merged, "shown": asked.shown}
        fields |= {
            name: value for name, value in (("comment", given.comment), ("seen", given.seen)) if value is not None
        }
        self._note_task("responded", now, asked, after, fields)
        shown = {"state": state.name, "title": asked.title, "key": asked.key, "outcome": side, "due_at": asked.due_at}
        task = ids.task_id(self._instance.id, progress.number)
        self._done.append(DoneMark(actor.person, task, given.hash, shown))
        self._thread = replace(self._thread, task=after)
        if outcome is None:
            self._require_room(0)
            return
        earlier = [each.event for each in after.responses if each.event]
        told = (*map(_told_response, past(earlier)), _told_response({"at": now, **fields}))
        if asked.quorum.kind == "first":
            decided = _Decided.by_one(outcome, checked, halting.answered(state, halt, checked), told)
        else:
            decided = _Decided.by_several(outcome, _outcome_value(asked, outcome), checked, told)
        self._decide(decided, actor, given.hash, now)

    def override(self, actor: Actor, given: Given, uploads: Uploads, reason: str, past: Past, now: Millis) -> None:
        """Decide in the place of those who are asked, as the input says; it is no response.

        Raises:
            InvalidRequestError, InvalidTransitionError, WorkflowDataTooLargeError: as ``respond``.
        """
        state, halt, asked, progress = self._task()
        checked = self._checked(state, halt, given, uploads)
        side = quorum.side_of(asked.outcome, checked.own_form)
        outcome = quorum.OUTCOMES[side]
        told = tuple(map(_told_response, past([each.event for each in progress.responses])))
        fields = actor.fields() | {"outcome": side, "input": checked.merged, "reason": reason, "shown": asked.shown}
        self._note_task("overridden", now, asked, progress.moved(), fields)
        decided = _Decided.by_one(outcome, checked, halting.answered(state, halt, checked), told)
        override = {"by": actor.person, "reason": reason}
        self._decide(replace(decided, override=override), actor, given.hash, now)

    def time_out(self, now: Millis) -> None:
        """Leave a halt whose time is over: the task is expired."""
        if self._thread.task is None:
            super().time_out(now)
            return
        raise AssertionError("a task expires with the responses that there are: ``expire``")

    def expire(self, target: str, past: Past, now: Millis) -> None:
        """Leave a task whose time is over, with the responses that there are."""
        state, _, asked, progress = self._task()
        told = tuple(map(_told_response, past([each.event for each in progress.responses])))
        self._note_task("expired", now, asked, progress, {"via": "timer", "outcome": "expired"})
        self._write_decision(state, _Decided("expired", {}, {}, None, frozenset(), told), now)
        self._leave_by_time(state, target, now)

    # What does not

    def claim(self, actor: Actor, now: Millis) -> None:
        """Make a person the owner of the task."""
        _, _, asked, progress = self._task()
        until = None if asked.claim_for is None else now + asked.claim_for
        self._act("claimed", now, progress.moved(owner=actor.person, owner_until=until), actor.fields())

    def release(self, actor: Actor, now: Millis) -> None:
        """Take the owner away."""
        _, _, _, progress = self._task()
        owner = {"owner": progress.owner}
        self._act("released", now, progress.moved(owner=None, owner_until=None), actor.fields() | owner)

    def reassign(self, actor: Actor, source: str | None, target: str, comment: str | None, now: Millis) -> None:
        """Hand a slot over: from a person, or where ``source`` is None from the groups to a person beside them."""
        _, _, asked, progress = self._task()
        users = list(quorum.present_users(asked, progress))
        if source is None or source not in users:
            users.append(target)
        else:
            users[users.index(source)] = target
        changes: dict[str, Json] = {"users": tuple(dict.fromkeys(users))}
        electorate = quorum.present_electorate(asked, progress)
        if electorate is not None:
            changes["electorate"] = tuple(dict.fromkeys(target if each == source else each for each in electorate))
        changes["hops"] = _handed(progress, source, target)
        if source is not None:
            changes["generations"] = {**progress.generations, source: progress.generations.get(source, 0) + 1}
            if progress.owner == source:
                changes |= {"owner": None, "owner_until": None}
        fields = actor.fields() | {"from": source, "to": target, "notify": {"users": [target], "groups": []}}
        fields |= {"links": asked.links} | ({} if comment is None else {"comment": comment})
        self._act("reassigned", now, progress.moved(**changes), fields)

    def revoke_links(self, actor: Actor, person: str, now: Millis) -> None:
        """Make the link of a person void."""
        _, _, _, progress = self._task()
        generations = {**progress.generations, person: progress.generations.get(person, 0) + 1}
        fields = actor.fields() | {"of": person, "comment": "links revoked"}
        self._act("commented", now, progress.moved(generations=generations), fields)

    def ask(self, actor: Actor, of: str, question: str, now: Millis) -> None:
        """Ask a person; the task stays open."""
        _, _, asked, progress = self._task()
        if progress.asked >= limits.TASK_QUESTIONS:
            raise AssignmentTooLargeError(f"The task has {limits.TASK_QUESTIONS} questions, as many as it may")
        number = progress.asked + 1
        questions = (*progress.questions, Question(number, actor.person, of, now))
        fields = actor.fields() | {"question_id": number, "question": question, "of": of}
        fields |= {"notify": {"users": [of], "groups": []}, "links": asked.links}
        self._act("info_requested", now, progress.moved(questions=questions, asked=number), fields)

    def answer(self, actor: Actor, number: int, answer: str, now: Millis) -> None:
        """Answer an open question."""
        _, _, _, progress = self._task()
        questions = tuple(each for each in progress.questions if each.id != number)
        fields = actor.fields() | {"question_id": number, "answer": answer}
        self._act("info_answered", now, progress.moved(questions=questions), fields)

    def comment(self, actor: Actor, text: str, now: Millis) -> None:
        """Say something about the task."""
        _, _, _, progress = self._task()
        if progress.comments >= limits.TASK_COMMENTS:
            raise AssignmentTooLargeError(f"The task has {limits.TASK_COMMENTS} comments, as many as it may")
        fields = actor.fields() | {"comment": text}
        self._act("commented", now, progress.moved(comments=progress.comments + 1), fields)

    def remind(self, actor: Actor, now: Millis) -> None:
        """Tell those who are asked once more."""
        _, _, asked, progress = self._task()
        fields = actor.fields() | {"notify": self._lacking(asked, progress), "links": asked.links}
        self._act("reminded", now, progress.moved(reminded_at=now), fields)

    # What the clock does

    def run_timer(self, due: timers.Due, past: Past, now: Millis, actor: Actor | None = None) -> None:
        """Do what is due. ``actor``: a manager who does not wait for a level."""
        _, _, asked, progress = self._task()
        fields: JsonObject = {"via": "timer"} if actor is None else actor.fields()
        if due.kind == "claim_end":
            owner = {"owner": progress.owner}
            self._act("released", now, progress.moved(owner=None, owner_until=None), fields | owner)
        elif due.kind == "reminder":
            told = {"notify": self._lacking(asked, progress), "links": asked.links}
            self._act("reminded", now, progress.moved(reminders=due.reminders), fields | told)
        else:
            self._escalate(due.level, fields, past, now)

    def _escalate(self, number: int, fields: JsonObject, past: Past, now: Millis) -> None:
        _, _, asked, progress = self._task()
        level = asked.levels[number]
        changes: dict[str, Json] = {"level": number + 1}
        to_users = tuple(each for each in level.to_users if each not in asked.excluded)
        if to_users or level.to_groups:
            users, groups = quorum.present_users(asked, progress), quorum.present_groups(asked, progress)
            electorate = quorum.present_electorate(asked, progress)
            responded = {each.slot for each in progress.responses}
            new = to_users
            if electorate is not None:
                members = self._members(level.to_groups).values()
                new = (*to_users, *(person for group in members for person in group or ()))
                new = tuple(each for each in new if each not in asked.excluded)
            # Where nobody new is known, those who are asked stay: else nobody could ever respond.
            keep = level.keep or (electorate is not None and not {*new} - responded)
            stay = users if keep else tuple(each for each in users if each in responded)
            changes["users"] = tuple(dict.fromkeys((*stay, *to_users)))
            changes["groups"] = tuple(dict.fromkeys((*(groups if keep else ()), *level.to_groups)))
            if electorate is not None:
                kept = electorate if keep else tuple(each for each in electorate if each in responded)
                changes["electorate"] = tuple(dict.fromkeys((*kept, *new)))
            if not keep:
                gone = {each for each in users if each not in changes["users"]}
                changes["generations"] = {
                    **progress.generations,
                    **{each: progress.generations.get(each, 0) + 1 for each in gone},
                }
                if progress.owner is not None:
                    changes |= {"owner": None, "owner_until": None}
        notify = {
            "users": list(dict.fromkeys((*level.notify_users, *to_users))),
            "groups": list(dict.fromkeys((*level.notify_groups, *level.to_groups))),
        }
        told = fields | {"level": number + 1, "notify": notify, "links": asked.links}
        before = self._thread
        try:
            self._act("escalated", now, progress.moved(**changes), told)
        except AssignmentTooLargeError:
            if "by" in fields:
                raise
            # The clock has nobody to tell: those who are asked stay, or the level would come again for ever.
            self._thread = before
            self._act("escalated", now, progress.moved(level=number + 1), told)
        if level.target is not None:
            self.expire(level.target, past, now)

    # What is asked of it

    @property
    def waits_for_task(self) -> bool:
        """Whether the task is still open."""
        return self._thread.waits_for_task

    def timeout_target(self) -> str:
        """Return where the halt's timeout leads."""
        state, _ = self._halted()
        if state.timeout is None:
            raise AssertionError("the state has no timeout")
        return state.timeout.target

    # Shared

    def _task(self) -> tuple[State, Halt, Asked, Progress]:
        state, halt = self._halted()
        if halt.asked is None or self._thread.task is None:
            raise AssertionError("the thread waits for no task")
        return state, halt, halt.asked, self._thread.task

    def _act(self, subtype: str, now: Millis, after: Progress, fields: JsonObject) -> None:
        _, _, asked, _ = self._task()
        self._require_room(_ROOM)
        self._thread = replace(self._thread, task=after)
        grown = self._instance.with_thread(self._thread)
        if open_tasks.slots(self._thread) > limits.TASK_ENTRIES or (
            open_tasks.all_slots(grown) > limits.TASK_ENTRIES_PER_INSTANCE
        ):
            raise AssignmentTooLargeError(
                f"The task would be in more than {limits.TASK_ENTRIES} inboxes, or those of its instance together in "
                f"more than {limits.TASK_ENTRIES_PER_INSTANCE}"
            )
        self._note_task(subtype, now, asked, after, fields)

    def _note_task(self, subtype: str, now: Millis, asked: Asked, progress: Progress, fields: JsonObject) -> None:
        state = self._definition.states[self._thread.state]
        self._note("task", subtype, now, {**open_tasks.told(state.name, asked, progress), **fields})

    def _require_room(self, room: int) -> None:
        """What does not decide leaves room in the history for what does."""
        if self._instance.next_event + len(self._events) + room > limits.EVENTS_PER_INSTANCE:
            raise HistoryLimitExceededError(self._instance.id)

    def _checked(self, state: State, halt: Halt, given: Given, uploads: Uploads) -> check.Checked:
        mode = state.transition_mode
        return check.check_input(halt.presentation, halt.options, mode, given.input, given.option, uploads, closed=True)

    def _check_comment(self, asked: Asked, side: str, comment: str | None) -> None:
        if comment is not None and asked.comment == "never":
            raise _wrong("comment", "is not taken here")
        needed = asked.comment == "always" or (asked.comment == "on_reject" and side == "reject")
        if needed and not (comment or "").strip():
            raise _wrong("comment", "is required" + ("" if asked.comment == "always" else " where you reject"))

    def _lacking(self, asked: Asked, progress: Progress) -> JsonObject:
        """Those who are asked and have not responded."""
        responded = {each.slot for each in progress.responses}
        if progress.owner is not None:
            return {"users": [progress.owner], "groups": []}
        users = [each for each in quorum.present_users(asked, progress) if each not in responded]
        return {"users": users, "groups": list(quorum.present_groups(asked, progress))}

    def _decide(self, decided: "_Decided", actor: Actor, input_hash: str, now: Millis) -> None:
        state, _, asked, progress = self._task()
        decisions = {DECISIONS: self._decisions(state, decided.to_json(now))}
        values, form = decided.values, decided.form
        scope = Scope({**self._data(), **values, **decisions}, values, self.context(), own_form=form)
        transition = self._choose(state, scope, decided.choice)
        if transition is None and decided.alone:
            raise InvalidTransitionError(
                f"The input matches no transition of state '{state.name}'",
                {"current_state": state.name, "targets": [each.target for each in state.transitions]},
            )
        remembered = LastResume(self._thread.sequence, state.name, input_hash, now)
        self._thread = replace(self._thread, input=values, transitions=0, last_resume=remembered)
        found = self._write_decision(state, decided, now)
        people = (*self._deciders.get(state.name, ()), *(each["by"] for each in decided.responses), actor.person)
        people += tuple(each["on_behalf_of"] for each in decided.responses if each["on_behalf_of"])
        self._deciders[state.name] = tuple(dict.fromkeys(people))
        self._note_task("completed", now, asked, progress, {"outcome": decided.outcome, **_told_by(actor)})
        self._thread = replace(self._thread, halt=None, task=None)
        fields: JsonObject = {"state": state.name, "input": values, "changes": found}
        if decided.choice is not None:
            fields["choice"] = decided.choice
        self._note("halt", "resumed", now, fields | self._attribution())
        if transition is None:
            # The last one who responded is not to blame for what the group decided.
            told = f"The decision '{decided.outcome}' matches no transition of '{state.name}'"
            self.fail("invalid_transition", told, now)
        else:
            self._go(transition.target, "input", now, transition.key)

    def _decisions(self, state: State, decision: JsonObject) -> JsonObject:
        known = self._data().get(DECISIONS)
        return {**(known if isinstance(known, dict) else {}), state.name: decision}

    def _write_decision(self, state: State, decided: "_Decided", now: Millis) -> JsonObject:
        """Write values and decision into the data; where they do not fit, the decision without its inputs.

        Raises:
            WorkflowDataTooLargeError: when they do not fit even then.
        """
        before, size_before, changed = self._thread, self._data_size(), self._changed_bytes
        redacted = self._instance.redacted
        shown = [{**each, "input": redaction.data(each["input"] or {}, redacted)} for each in decided.responses]
        bare = [{name: value for name, value in each.items() if name != "input"} for each in shown]
        whole = decided.to_json(now)
        for each in (whole | {"responses": shown}, whole | {"responses": bare, "truncated": True}):
            values = {**decided.values, DECISIONS: self._decisions(state, each)}
            found = self._write(Written(values, ((DECISIONS, state.name),)), INPUT, {*decided.said, DECISIONS})
            if self._data_size() <= max(limits.WORKFLOW_DATA_BYTES, size_before):
                return found
            self._thread, self._changed_bytes = before, changed
        raise WorkflowDataTooLargeError("With this decision workflow_data would be over 256 KB")


@dataclass(frozen=True)
class _Decided:
    """How a task is decided. ``values`` are merged into the data, ``form`` is what conditions see of the form;
    ``said`` are the keys that somebody answered, and ``alone`` whether one person's answer is the decision.
    """

    outcome: str
    values: JsonObject
    form: JsonObject
    choice: str | None
    said: frozenset[str]
    responses: tuple[JsonObject, ...]
    alone: bool = False
    override: JsonObject | None = None

    @classmethod
    def by_one(
        cls, outcome: str, checked: check.Checked, said: frozenset[str], told: tuple[JsonObject, ...]
    ) -> "_Decided":
        """The answer of one person is the decision."""
        return cls(outcome, checked.merged, checked.own_form, checked.choice, said, told, alone=True)

    @classmethod
    def by_several(
        cls, outcome: str, values: JsonObject, checked: check.Checked, told: tuple[JsonObject, ...]
    ) -> "_Decided":
        """One person's answer is not the group's: only the outcome is, and conditions see no other field."""
        form = {name: values.get(name) for name in checked.own_form}
        return cls(outcome, values, form, values.get(check.CHOICE), frozenset(values), told)

    def to_json(self, now: Millis) -> JsonObject:
        """Return it as ``decisions`` has it."""
        told = list(self.responses)
        return {"outcome": self.outcome, "decided_at": iso(now), "override": self.override, "responses": told}


def _outcome_value(asked: Asked, outcome: str) -> JsonObject:
    """What a decision of several writes: the outcome's field, and nothing of what one of them said."""
    rule = asked.outcome
    if rule is None or outcome == "completed":
        return {}
    values = rule.approve if outcome == "approved" else rule.reject
    return {rule.field: values[0]} if values else {}


def _told_response(event: JsonObject) -> JsonObject:
    names = ("by", "on_behalf_of", "outcome", "input", "comment", "via")
    return {name: event.get(name) for name in names} | {"at": iso(event["at"])}


def _told_by(actor: Actor) -> JsonObject:
    return {name: value for name, value in actor.fields().items() if name in ("by", "on_behalf_of", "via")}


def _handed(progress: Progress, source: str | None, target: str) -> dict[str, tuple[str, ...]]:
    way = (*progress.hops.get(source, ()), source) if source is not None else ()
    others = {person: hops for person, hops in progress.hops.items() if person != source}
    return {**others, target: way}


def _wrong(field: str, problem: str) -> InvalidRequestError:
    return InvalidRequestError(f"'{field}' {problem}", [{"field": field, "message": f"'{field}' {problem}"}])
