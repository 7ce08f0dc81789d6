"""What a person may send to a halted thread, and what is made of it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactor.core.errors import InvalidRequestError
from interactor.forms.check import Checked, check_input
from interactor.forms.defaults import with_own_defaults
from interactor.forms.file_fields import Content, File, Upload

FILE = "file_01hx0000000000000000000000"

# The documentation's form, its default filled from an amount of 5000, and its required boolean as it is rendered.
APPROVAL = {
    "type": "form",
    "title": "Approval Required",
    "description": "Please review the request details and provide your decision.",
    "fields": [
        {
            "name": "approved",
            "type": "boolean",
            "label": "Approve this request?",
            "required": True,
            "default": False,
        },
        {"name": "amount", "type": "number", "label": "Approved Amount", "default": 5000, "min": 0, "max": 100000},
        {
            "name": "notes",
            "type": "string",
            "label": "Notes",
            "multiline": True,
            "placeholder": "Add any notes or conditions...",
        },
        {
            "name": "priority",
            "type": "select",
            "label": "Priority",
            "options": [
                {"value": "low", "label": "Low"},
                {"value": "medium", "label": "Medium"},
                {"value": "high", "label": "High"},
            ],
            "default": "medium",
        },
    ],
}
MANAGER = {
    "type": "form",
    "title": "Manager Approval Required",
    "description": "Purchase request for laptops - $25000",
    "fields": [
        {"name": "approved", "type": "boolean", "label": "Approve?", "required": True, "default": False},
        {"name": "comment", "type": "string", "label": "Comment", "multiline": True},
    ],
}
VP = {
    "type": "form",
    "title": "VP Approval Required",
    "description": "High-value purchase: laptops - $25000",
    "fields": [
        {"name": "approved", "type": "boolean", "label": "VP Approval", "required": True, "default": False},
        {"name": "budget_code", "type": "string", "label": "Budget Code"},
        {"name": "comment", "type": "string", "label": "Comment", "multiline": True},
    ],
}
ACTION = {
    "type": "choice",
    "title": "Select Action",
    "message": "How would you like to proceed with this request?",
    "options": [
        {"value": "approve", "label": "Approve", "description": "Approve the request as submitted"},
        {"value": "reject", "label": "Reject", "description": "Reject the request"},
        {"value": "escalate", "label": "Escalate to Manager", "description": "Send to manager for review"},
        {"value": "request_info", "label": "Request More Information", "description": "Ask the requester"},
    ],
}
WAITING = {
    "type": "message",
    "title": "Processing",
    "message": "Waiting for external system response. This may take a few minutes.",
    "show_progress": True,
}
SELECTION = {"choices": [{"key": "approve", "to": "approved"}, {"key": "reject", "to": "rejected"}]}


def send(
    presentation: dict[str, Any],
    submitted: dict[str, Any],
    selected: str | None = None,
    mode: str = "condition",
    options: dict[str, Any] | None = None,
) -> Checked:
    return check_input(presentation, options or {}, mode, submitted, selected)


def wrong(*arguments: Any, **more: Any) -> dict[str, str]:
    with pytest.raises(InvalidRequestError) as caught:
        send(*arguments, **more)
    details = caught.value.details
    assert caught.value.code == "validation_error"
    assert all(set(each) == {"field", "message"} for each in details)
    assert all(f"'{each['field']}'" in each["message"] for each in details)
    return {each["field"]: each["message"] for each in details}


def one(field: dict[str, Any], *sent: Any) -> Checked:
    form = {"type": "form", "fields": [{"name": "x", "label": "X", **field}]}
    return send(form, {"x": sent[0]} if sent else {})


def refused(field: dict[str, Any], *sent: Any) -> str:
    form = {"type": "form", "fields": [{"name": "x", "label": "X", **field}]}
    return wrong(form, {"x": sent[0]} if sent else {})["x"]


class TestTheDocumentedForms:
    def test_an_approval_with_nothing_else_takes_the_defaults(self) -> None:
        checked = send(APPROVAL, {"approved": True})
        assert checked.merged == {"approved": True, "amount": 5000, "priority": "medium"}
        assert checked.own_form == {"approved": True, "amount": 5000, "notes": None, "priority": "medium"}
        assert checked.choice is None

    def test_what_a_browser_sends_is_read_as_the_form_means_it(self) -> None:
        sent = {"approved": "on", "amount": "4500.50", "notes": "", "priority": "high"}
        assert send(APPROVAL, sent).merged == {"approved": True, "amount": 4500.5, "notes": None, "priority": "high"}

    def test_all_wrong_fields_are_named_at_once(self) -> None:
        sent = {"approved": "yes", "amount": 100001, "notes": ["a"], "priority": "urgent", "note": "b"}
        messages = wrong(APPROVAL, sent)
        assert list(messages) == ["note", "approved", "amount", "notes", "priority"]
        assert messages["note"] == "'note' is no field of this form: did you mean 'notes'?"
        assert messages["approved"] == "'approved' must be true or false, not \"yes\""
        assert messages["amount"] == "'amount' must be at most 100000"
        assert messages["priority"] == '\'priority\' must be one of "low", "medium", "high", not "urgent"'

    def test_manager_and_vp_each_answer_for_themselves(self) -> None:
        manager = send(MANAGER, {"approved": True, "comment": "Looks good, approved for Q1 budget"})
        assert manager.own_form == {"approved": True, "comment": "Looks good, approved for Q1 budget"}
        assert send(VP, {"budget_code": "B-7"}).own_form == {"approved": False, "budget_code": "B-7", "comment": None}
        vp = send(VP, {"approved": False})
        assert vp.own_form == {"approved": False, "budget_code": None, "comment": None}
        assert vp.merged == {"approved": False}

    def test_keys_that_are_no_fields_are_kept_as_they_were_sent_where_the_state_takes_them(self) -> None:
        sent = {"approved": True, "reviewed": "true", "extra": {"deep": [None, ""]}, "empty": "", "none": None}
        assert check_input(MANAGER, {}, "condition", sent, None, additional_input=True).merged == sent

    def test_a_message_takes_anything(self) -> None:
        sent = {"status": "done", "choice": "x", "n": None}
        assert send(WAITING, sent) == Checked(sent, {}, None)
        assert send(WAITING, {}) == Checked({}, {}, None)

    def test_the_input_itself_is_left_as_it_was(self) -> None:
        sent = {"approved": "true"}
        send(APPROVAL, sent)
        assert sent == {"approved": "true"}


class TestAbsence:
    @pytest.mark.parametrize("kind", ["string", "number", "select", "date", "file"])
    def test_a_required_field_is_missed_even_with_a_default(self, kind: str) -> None:
        assert "is required: send" in refused({"type": kind, "required": True, "default": "1"})

    @pytest.mark.parametrize("sent", [None, ""])
    @pytest.mark.parametrize("kind", ["string", "number", "select", "date", "file"])
    def test_null_and_empty_do_not_answer_a_required_field(self, kind: str, sent: Any) -> None:
        assert "is required: send" in refused({"type": kind, "required": True}, sent)

    @pytest.mark.parametrize("required", [False, True])
    @pytest.mark.parametrize("default", [{}, {"default": True}, {"default": False}, {"default": None}])
    def test_a_box_that_is_not_sent_is_no_whatever_its_default(self, default: dict[str, Any], required: bool) -> None:
        field = {"type": "boolean", "required": required, **default}
        assert one(field) == Checked({"x": False}, {"x": False}, None)

    @pytest.mark.parametrize("required", [False, True])
    @pytest.mark.parametrize("default", [{}, {"default": True}, {"default": False}, {"default": None}])
    @pytest.mark.parametrize("sent", [None, ""])
    def test_a_box_sent_empty_is_no_and_the_persons_answer(
        self, sent: Any, default: dict[str, Any], required: bool
    ) -> None:
        checked = one({"type": "boolean", "required": required, **default}, sent)
        assert checked == Checked({"x": False}, {"x": False}, None)
        assert checked.answered == {"x"}

    @pytest.mark.parametrize("kind", ["string", "number", "select", "date", "file"])
    def test_an_optional_field_that_was_not_sent_leaves_the_data_alone(self, kind: str) -> None:
        assert one({"type": kind}) == Checked({}, {"x": None}, None)

    @pytest.mark.parametrize("default", [{}, {"default": "5"}])
    @pytest.mark.parametrize("sent", [None, ""])
    @pytest.mark.parametrize("kind", ["string", "number", "select", "date", "file"])
    def test_an_optional_field_that_was_cleared_is_null_whatever_its_default(
        self, kind: str, sent: Any, default: dict[str, Any]
    ) -> None:
        assert one({"type": kind, **default}, sent) == Checked({"x": None}, {"x": None}, None)

    def test_an_absent_optional_field_takes_its_default(self) -> None:
        assert one({"type": "number", "default": 7}) == Checked({"x": 7}, {"x": 7}, None)

    @pytest.mark.parametrize("required", [False, True])
    def test_a_select_option_that_is_empty_can_be_chosen(self, required: bool) -> None:
        field = {"type": "select", "required": required, "options": [{"value": ""}, {"value": "a"}], "default": "a"}
        assert one(field, "").merged == {"x": ""}
        assert one({**field, "required": False}, None).merged == {"x": None}
        assert "is required" in refused({**field, "required": True}, None)
        assert "is required" in refused({"type": "select", "required": True, "options": [{"value": "a"}]}, "")


NOT_THE_TYPE = [
    # type, further properties, the default that an earlier release stored, what it is in the field's type
    ("string", {}, 4711, "4711"),
    ("string", {}, 0.00001, "0.00001"),
    ("string", {}, True, "true"),
    ("string", {}, ["a", 1], '["a",1]'),
    ("select", {"options": [{"value": "1"}, {"value": "2"}]}, 2, "2"),
    ("select", {"options": [{"value": "true"}]}, True, "true"),
    ("number", {}, "7", 7),
    ("number", {}, " 4.50 ", 4.5),
    ("boolean", {}, "true", True),
    ("boolean", {}, "on", True),
    ("boolean", {}, "false", False),
    ("boolean", {}, 1, True),
    ("boolean", {}, 0, False),
    ("date", {}, "2026-01-31T12:00:00.000Z", "2026-01-31"),
    ("date", {}, "2026-01-31 12:00", "2026-01-31"),
]
BREAKING_A_RULE = [
    ({"type": "number", "max": 100, "default": 200}, 200),
    ({"type": "number", "min": 10, "default": 5}, 5),
    ({"type": "number", "step": 10, "default": 15}, 15),
    ({"type": "string", "maxLength": 3, "default": "abcd"}, "abcd"),
    ({"type": "date", "minDate": "2026-06-01", "default": "2026-01-31"}, "2026-01-31"),
    ({"type": "date", "maxDate": "2026-01-01", "default": "2026-01-31"}, "2026-01-31"),
]
OF_NO_TYPE = [("number", "n/a"), ("number", True), ("date", "soon"), ("date", 5), ("boolean", "yes"), ("boolean", 2)]


class TestDefaults:
    @pytest.mark.parametrize(("kind", "more", "default", "own"), NOT_THE_TYPE)
    def test_a_default_of_another_type_can_be_left_alone_and_sent_as_it_was_shown(
        self, kind: str, more: dict[str, Any], default: Any, own: Any
    ) -> None:
        field = {"type": kind, "label": "X", **more, "default": default}
        for sent in (own, default, *([] if isinstance(own, (bool, float)) else [str(own)])):
            (taken,) = one(field, sent).merged.values()
            assert (type(taken), taken) == (type(own), own)
        assert one(field).merged == {"x": False if kind == "boolean" else own}

    @pytest.mark.parametrize(("kind", "more", "default", "own"), NOT_THE_TYPE)
    def test_it_is_shown_in_the_type_of_its_field(
        self, kind: str, more: dict[str, Any], default: Any, own: Any
    ) -> None:
        form = {"type": "form", "fields": [{"name": "x", "type": kind, **more, "default": default}]}
        (field,) = with_own_defaults(form)["fields"]
        assert (type(field["default"]), field["default"]) == (type(own), own)

    @pytest.mark.parametrize(("field", "default"), BREAKING_A_RULE)
    def test_a_default_that_breaks_a_rule_can_be_sent_back_and_nothing_like_it_can(
        self, field: dict[str, Any], default: Any
    ) -> None:
        assert one(field, default).merged == {"x": default}
        assert one(field, str(default)).merged == {"x": default}
        assert one(field).merged == {"x": default}
        assert one({**field, "required": True}, default).merged == {"x": default}
        other = {**field, "default": None}
        refused(other, default)

    @pytest.mark.parametrize(("kind", "default"), OF_NO_TYPE)
    def test_a_default_that_has_nothing_of_the_type_is_not_shown_and_an_old_halt_takes_what_it_shows(
        self, kind: str, default: Any
    ) -> None:
        field = {"name": "x", "type": kind, "label": "X", "default": default}
        (now,) = with_own_defaults({"fields": [field]})["fields"]
        assert now["default"] is None
        assert one(now).merged == ({"x": False} if kind == "boolean" else {"x": None})
        assert one(field, default).merged == {"x": default}

    def test_a_select_shows_none_but_its_options(self) -> None:
        field = {"type": "select", "options": [{"value": "a"}], "default": "b"}
        (now,) = with_own_defaults({"fields": [field]})["fields"]
        assert now["default"] is None

    def test_a_box_is_as_it_is_shown_or_not(self) -> None:
        assert "must be true or false" in refused({"type": "boolean", "default": True}, 1)
        assert "must be true or false" in refused({"type": "boolean", "default": "true"}, "yes")

    def test_a_text_comes_back_with_the_line_ends_of_a_browser(self) -> None:
        field = {"type": "string", "multiline": True, "maxLength": 3, "default": "a\nb\nc"}
        assert one(field, "a\r\nb\r\nc").merged == {"x": "a\nb\nc"}
        assert one({"type": "string", "maxLength": 3}, "a\r\nb").merged == {"x": "a\r\nb"}

    def test_a_file_of_an_earlier_stage_stays_where_it_is_the_default(self) -> None:
        for default in (VALUE, [VALUE]):
            field = {"type": "file", "default": default}
            (now,) = with_own_defaults({"fields": [field]})["fields"]
            assert now["default"] == default
            assert one(field).merged == {"x": default}
            assert one(field, default).merged == {"x": default}
            assert "id of an uploaded file" in refused(field, {**VALUE, "name": "b.pdf"})
        (now,) = with_own_defaults({"fields": [{"type": "file", "default": FILE}]})["fields"]
        assert now["default"] is None

    def test_a_required_box_without_a_default_shows_no(self) -> None:
        box = {"type": "boolean", "required": True}
        for field in (box, {**box, "default": None}, {**box, "default": "perhaps"}):
            (now,) = with_own_defaults({"fields": [field]})["fields"]
            assert now["default"] is False
        assert with_own_defaults({"fields": [{"type": "boolean"}]}) == {"fields": [{"type": "boolean"}]}
        assert with_own_defaults({"fields": "junk"}) == {"fields": "junk"}


class TestMalformed:
    def test_a_form_without_input_is_no_answer(self) -> None:
        form = {"type": "form", "fields": [{"name": "approved", "type": "boolean"}]}
        for beside in (None, "approve"):
            with pytest.raises(InvalidRequestError) as caught:
                check_input(form, {}, "condition", None, beside)
            assert caught.value.details == [
                {
                    "field": "input",
                    "message": '\'input\' is required: this form is answered with {"input": {"approved": ...}}',
                }
            ]

    def test_a_form_without_fields_is_answered_with_an_empty_input_and_keeps_what_it_has(self) -> None:
        form = {"type": "form", "fields": []}
        with pytest.raises(InvalidRequestError):
            check_input(form, {}, "condition", None, None)
        assert check_input(form, {}, "condition", {}, None).merged == {}
        assert check_input(form, {}, "condition", {"note": "a"}, None).merged == {"note": "a"}

    def test_the_option_alone_answers_where_one_is_to_be_taken(self) -> None:
        form = {"type": "form", "fields": [{"name": "approved", "type": "boolean"}]}
        assert check_input(form, SELECTION, "selection", None, "reject").merged == {
            "choice": "reject",
            "approved": False,
        }
        assert check_input(ACTION, {}, "condition", None, "reject").merged == {"choice": "reject"}
        with pytest.raises(InvalidRequestError, match="or the option alone in 'selected_option'"):
            check_input(form, SELECTION, "selection", None, None)
        with pytest.raises(InvalidRequestError, match="must be one of"):
            check_input(ACTION, {}, "condition", None, None)

    def test_a_message_needs_no_input(self) -> None:
        assert check_input(WAITING, {}, "condition", None, None) == Checked({}, {}, None)

    @pytest.mark.parametrize(
        ("key", "hint"),
        [
            ("aproved", "did you mean 'approved'?"),
            ("Approved", "did you mean 'approved'?"),
            ("coment", "did you mean 'comment'?"),
            ("zzz", "its fields are approved, comment"),
            ("choice", "its fields are approved, comment"),
            ("selected_option", "its fields are approved, comment"),
            ("x" * 100_000, "its fields are approved, comment"),
        ],
    )
    def test_a_key_that_is_no_field_is_refused_with_the_nearest(self, key: str, hint: str) -> None:
        (message,) = wrong(MANAGER, {"approved": True, key: True}).values()
        assert message == f"'{key[:80]}' is no field of this form: {hint}"

    def test_an_option_beside_a_form_without_options_is_refused(self) -> None:
        assert wrong(MANAGER, {"approved": True}, "approve") == {
            "selected_option": "'selected_option' answers nothing here: this form offers no options, only its fields"
        }

    def test_many_unknown_keys_are_told_in_short(self) -> None:
        messages = wrong(MANAGER, {f"a{number}": 1 for number in range(5_000)})
        assert len(messages) == 21
        assert messages["input"] == "'input' has 4980 more keys that are no fields of this form"


class TestText:
    def test_max_length_counts_characters(self) -> None:
        snowmen = "\N{SNOWMAN}" * 3
        assert one({"type": "string", "maxLength": 3}, snowmen).merged == {"x": snowmen}
        assert refused({"type": "string", "maxLength": 2}, snowmen) == (
            "'x' must be at most 2 characters long, and has 3"
        )

    @pytest.mark.parametrize("sent", [5, True, [], {}, 0])
    def test_nothing_else_is_a_text(self, sent: Any) -> None:
        assert "must be a text" in refused({"type": "string"}, sent)

    @pytest.mark.parametrize("sent", ["true", "5", "on", "2026-01-01"])
    def test_a_text_that_looks_like_something_else_stays_a_text(self, sent: str) -> None:
        assert one({"type": "string"}, sent).merged == {"x": sent}


class TestNumbers:
    @pytest.mark.parametrize(
        ("sent", "number"),
        [
            ("5", 5),
            (" 5 ", 5),
            ("-5", -5),
            ("+5", 5),
            ("007", 7),
            ("5.0", 5),
            (".5", 0.5),
            ("5.", 5),
            ("1e3", 1000),
            (0, 0),
            (-1.5, -1.5),
            ("9" * 300, int("9" * 300)),
        ],
    )
    def test_a_number_may_come_as_text(self, sent: Any, number: Any) -> None:
        taken = one({"type": "number"}, sent).merged["x"]
        assert taken == number
        assert type(taken) is type(number)

    @pytest.mark.parametrize(
        "sent",
        [
            *("five", "5,5", "0x10", "NaN", "Infinity", "1e999", "1_000", "--5", "5 5", ".", "e5", " ", "9" * 10_000),
            *("\N{ARABIC-INDIC DIGIT FIVE}", True, [5]),
        ],
    )
    def test_nothing_else_is_a_number(self, sent: Any) -> None:
        assert "must be a number" in refused({"type": "number"}, sent)

    @pytest.mark.parametrize("sent", [0, 100, "0", 50.5])
    def test_min_and_max_are_inside(self, sent: Any) -> None:
        assert one({"type": "number", "min": 0, "max": 100}, sent).merged["x"] == float(sent)

    def test_beyond_min_and_max_is_outside(self) -> None:
        assert refused({"type": "number", "min": 0.5}, 0.4) == "'x' must be at least 0.5"
        assert refused({"type": "number", "max": -1}, "0") == "'x' must be at most -1"

    @pytest.mark.parametrize(
        ("sent", "least", "step"),
        [
            (0.3, 0, 0.1),
            (0.1 + 0.2, 0, 0.1),
            (0.7, None, 0.1),
            (1e15 + 0.5, 0, 0.5),
            (1.15, 0.05, 0.1),
            (7, 1, 3),
            (-4, None, 2),
            (10**300, None, 5),
            (1e308, None, 1e-300),
            (19.99, 0, 0.01),
            (4503599627370497, 0, 1),
        ],
    )
    def test_whole_steps_are_on_the_step_whatever_doubles_make_of_them(
        self, sent: float, least: float | None, step: float
    ) -> None:
        field = {"type": "number", "step": step, **({} if least is None else {"min": least})}
        assert one(field, sent).merged["x"] == sent

    @pytest.mark.parametrize(
        ("sent", "least", "step"),
        [(0.35, 0, 0.1), (5, 1, 3), (3, None, 2), (1.1, 0.05, 0.1), (19.999, 0, 0.01), (1e6 + 0.05, 0, 0.1)],
    )
    def test_between_steps_is_off_the_step(self, sent: float, least: float | None, step: float) -> None:
        field = {"type": "number", "step": step, **({} if least is None else {"min": least})}
        assert f"steps of {step}" in refused(field, sent)


class TestBooleans:
    @pytest.mark.parametrize(("sent", "value"), [("true", True), ("on", True), ("false", False), (False, False)])
    def test_a_box_may_come_as_text(self, sent: Any, value: bool) -> None:
        assert one({"type": "boolean"}, sent).merged["x"] is value

    @pytest.mark.parametrize("sent", ["yes", "True", "off", 1, 0, []])
    def test_nothing_else_is_a_box(self, sent: Any) -> None:
        assert "must be true or false" in refused({"type": "boolean"}, sent)


class TestDates:
    @pytest.mark.parametrize("sent", ["2026-01-31", "2024-02-29", "0001-01-01"])
    def test_a_day_of_the_calendar(self, sent: str) -> None:
        assert one({"type": "date"}, sent).merged == {"x": sent}

    @pytest.mark.parametrize(
        "sent",
        [
            *("2026-02-29", "2026-13-01", "20260131", "2026-W05-6", "2026-1-31", "31.01.2026", "2026-01-31T00:00:00Z"),
            *("0000-01-01", "2026-01-31\n", 20260131, True),
        ],
    )
    def test_nothing_else_is_a_date(self, sent: Any) -> None:
        assert "YYYY-MM-DD" in refused({"type": "date"}, sent)

    def test_bounds_are_inside(self) -> None:
        field = {"type": "date", "minDate": "2026-01-01", "maxDate": "2026-12-31"}
        one(field, "2026-01-01")
        one(field, "2026-12-31")
        assert refused(field, "2025-12-31") == "'x' must be 2026-01-01 or later"
        assert refused(field, "2027-01-01") == "'x' must be 2026-12-31 or earlier"

    def test_a_bound_may_be_a_moment_of_the_data(self) -> None:
        assert "2026-01-05 or later" in refused({"type": "date", "minDate": "2026-01-05T12:00:00.000Z"}, "2026-01-04")


UPLOADED = File(FILE, "x", "thread_main", 3, "a.pdf", "application/pdf", 9)
VALUE = {"id": FILE, "name": "a.pdf", "content_type": "application/pdf", "size": 9}


def file_input(field: Any, sent: Any, *files: File, size: int = 9, content_type: str = "application/pdf") -> Any:
    """What becomes of ids for a file field ``x``, everything that was announced uploaded."""
    form = {"type": "form", "fields": [{"name": "x", "type": "file", **field}]}
    content = Content(content_type, size, None)
    uploads = {file.id: Upload(file, content) for file in files or (UPLOADED,)}
    try:
        return check_input(form, {}, "condition", {"x": sent}, None, uploads).merged["x"]
    except InvalidRequestError as error:
        (wrong,) = error.details  # type: ignore[union-attr,misc]  # a list
        return wrong["message"]  # type: ignore[index,call-overload]  # of objects


class TestFiles:
    def test_an_id_becomes_what_the_file_is_and_a_list_a_list(self) -> None:
        other = replace(UPLOADED, id="file_01hx0000000000000000000001")
        assert file_input({}, FILE) == VALUE
        assert file_input({}, [FILE]) == [VALUE]
        assert file_input({}, [other.id, FILE], UPLOADED, other) == [{**VALUE, "id": other.id}, VALUE]
        assert file_input({}, []) == []

    def test_a_file_of_no_one_of_another_field_and_without_contents_is_refused(self) -> None:
        nobodys = "names no file that was announced for it in this halt"
        assert nobodys in file_input({}, FILE, replace(UPLOADED, id="file_01hx0000000000000000000001"))
        assert nobodys in file_input({}, FILE, replace(UPLOADED, field="y"))
        assert "more than once" in file_input({}, [FILE, FILE])
        other = replace(UPLOADED, id="file_01hx0000000000000000000001")
        assert "takes one file only" in file_input({"multiple": False}, [FILE, other.id], UPLOADED, other)
        form = {"type": "form", "fields": [{"name": "x", "type": "file"}]}
        with pytest.raises(InvalidRequestError, match="nothing was uploaded yet"):
            check_input(form, {}, "condition", {"x": FILE}, None, {FILE: Upload(UPLOADED, None)})

    def test_contents_are_held_to_the_field_and_to_what_was_announced(self) -> None:
        assert "was announced with 9 bytes" in file_input({}, FILE, size=8)
        assert "but 9 bytes of text/html were uploaded" in file_input({}, FILE, content_type="text/html")
        assert "takes image/*, not application/pdf" in file_input({"accept": "image/*"}, FILE)
        assert "at most 8 bytes" in file_input({"maxSize": 8}, FILE)
        assert "at most 10485760 bytes" in file_input({"maxSize": 10**9}, FILE, size=10 * 2**20 + 1)

    @pytest.mark.parametrize(
        "sent", ["file_", "inst_01hx0000000000000000000000", FILE.upper(), [FILE, None], [[FILE]], {}, 5]
    )
    def test_nothing_else_is_a_file(self, sent: Any) -> None:
        assert "the id of an uploaded file" in refused({"type": "file"}, sent)

    def test_six_are_too_many_and_a_required_one_is_at_least_one(self) -> None:
        assert refused({"type": "file"}, [FILE] * 6) == "'x' must be at most 5 files, and has 6"
        assert "is required" in refused({"type": "file", "required": True}, [])


class TestChoices:
    def test_the_documented_choice_is_taken(self) -> None:
        assert send(ACTION, {"choice": "escalate"}) == Checked(
            {"choice": "escalate"}, {"choice": "escalate"}, "escalate"
        )

    @pytest.mark.parametrize(
        ("submitted", "beside"),
        [
            ({"choice": "reject"}, None),
            ({"selected_option": "reject"}, None),
            ({}, "reject"),
            ({"choice": "reject"}, "reject"),
            ({"choice": None, "selected_option": ""}, "reject"),
        ],
    )
    @pytest.mark.parametrize("mode", ["selection", "condition"])
    def test_every_spelling_is_merged_as_choice(self, mode: str, submitted: dict[str, Any], beside: str | None) -> None:
        checked = send(ACTION, {**submitted, "why": "late"}, beside, mode, SELECTION)
        assert checked.merged == {"choice": "reject", "why": "late"}
        assert checked.own_form == {"choice": "reject"}
        assert checked.choice == "reject"

    @pytest.mark.parametrize("submitted", [{}, {"choice": None}, {"choice": ""}, {"choice": "no"}, {"choice": 1}])
    def test_an_unknown_choice_or_none_lists_those_there_are(self, submitted: dict[str, Any]) -> None:
        how = "" if submitted.get("choice") else ': send it as {"input": {"choice": ...}}'
        assert wrong(ACTION, submitted) == {
            "choice": f'\'choice\' must be one of "approve", "reject", "escalate", "request_info"{how}'
        }
        assert wrong(WAITING, submitted, mode="selection", options=SELECTION) == {
            "choice": f'\'choice\' must be one of "approve", "reject"{how}'
        }

    def test_an_empty_option_can_be_chosen_where_it_is_offered(self) -> None:
        form = {"type": "choice", "options": [{"value": "", "label": "None of them"}, {"value": "a", "label": "A"}]}
        for submitted, beside in (({"choice": ""}, None), ({"selected_option": ""}, None), ({}, "")):
            assert send(form, submitted, beside) == Checked({"choice": ""}, {"choice": ""}, "")
        assert "more than once" in wrong(form, {"choice": ""}, "a")["choice"]
        assert "must be one of" in wrong(form, {})["choice"]

    @pytest.mark.parametrize(
        ("submitted", "beside"),
        [
            ({"choice": "approve"}, "reject"),
            ({"choice": "approve", "selected_option": "reject"}, None),
            ({"selected_option": "approve"}, "reject"),
        ],
    )
    def test_two_different_choices_are_refused(self, submitted: dict[str, Any], beside: str | None) -> None:
        assert "more than once" in wrong(ACTION, submitted, beside)["choice"]

    def test_a_form_in_selection_mode_needs_its_fields_and_a_choice(self) -> None:
        assert wrong(MANAGER, {"comment": 1}, mode="selection", options=SELECTION).keys() == {"comment", "choice"}
        checked = send(MANAGER, {"approved": "on"}, "approve", "selection", SELECTION)
        assert checked.own_form == {"approved": True, "comment": None, "choice": "approve"}

    def test_where_there_is_no_choice_one_sent_beside_is_data_called_choice(self) -> None:
        checked = send(WAITING, {"seen": True}, "approve")
        assert checked == Checked({"seen": True, "choice": "approve"}, {}, None)
        assert send(WAITING, {"selected_option": "kept"}).merged == {"selected_option": "kept"}

    def test_a_field_called_choice_is_a_field_unless_there_is_a_choice(self) -> None:
        form = {"type": "form", "fields": [{"name": "choice", "type": "number", "label": "Which"}]}
        assert send(form, {}, "5") == Checked({"choice": 5}, {"choice": 5}, None)
        assert wrong(form, {}, "five").keys() == {"choice"}
        assert send(form, {}, "approve", "selection", SELECTION).merged == {"choice": "approve"}
        assert send(form, {"choice": "5"}) == Checked({"choice": 5}, {"choice": 5}, None)
        assert wrong(form, {"choice": "five"}).keys() == {"choice"}


def test_a_message_about_a_long_value_is_short() -> None:
    form = {"type": "form", "fields": [{"name": "x", "label": "X", "type": "number"}]}
    assert len(wrong(form, {"x": "y" * 100_000})["x"]) < 200
    assert len(refused({"type": "select", "options": [{"value": str(n)} for n in range(5000)]}, "z")) < 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
ANSWERS = JSON | st.sampled_from(["", "true", "on", "5", "2026-01-20", "a", FILE, 0.3, -1, [FILE]])
NAMES = st.sampled_from(["a", "b", "choice", "selected_option"])
KINDS = st.sampled_from(["string", "number", "boolean", "select", "date", "file", "other"])
FIELDS = st.fixed_dictionaries(
    {"name": NAMES, "type": KINDS},
    optional={
        "required": st.booleans() | JSON,
        "default": ANSWERS,
        "min": JSON,
        "max": JSON,
        "step": st.sampled_from([0.1, 1, 1e-300, 0, -1]) | JSON,
        "maxLength": JSON,
        "minDate": st.sampled_from(["2026-01-20"]) | JSON,
        "maxDate": JSON,
        "options": st.just([{"value": "a"}, {"value": "5"}]) | JSON,
    },
)
PRESENTATIONS = (
    st.builds(lambda fields: {"type": "form", "fields": fields}, st.lists(FIELDS, max_size=3))
    | st.sampled_from([ACTION, WAITING, APPROVAL])
    | st.dictionaries(st.sampled_from(["type", "fields", "options"]), JSON)
    | st.builds(lambda junk: {"type": "form", "fields": junk}, JSON)
    | st.builds(lambda junk: {"type": "choice", "options": junk}, JSON)
)
OPTIONS = st.just(SELECTION) | st.builds(lambda junk: {"choices": junk}, JSON)
SUBMITTED = st.dictionaries(NAMES | st.sampled_from(["approved", "amount", "c"]), ANSWERS, max_size=4)


@given(PRESENTATIONS, OPTIONS, st.sampled_from(["selection", "condition"]), SUBMITTED, st.none() | st.just("approve"))
def test_any_input_is_taken_or_refused_with_details(
    presentation: dict[str, Any],
    options: dict[str, Any],
    mode: str,
    submitted: dict[str, Any],
    beside: str | None,
) -> None:
    before = json.dumps([presentation, options, submitted])
    try:
        checked = check_input(presentation, options, mode, submitted, beside)
    except InvalidRequestError as refusal:
        checked, details = None, refusal.details
    assert json.dumps([presentation, options, submitted]) == before
    if checked is None:
        assert details
        return
    assert all(checked.merged.get(name) == value for name, value in checked.own_form.items())
    again = check_input(presentation, options, mode, checked.merged, None)
    # As texts, for 1 == True == 1.0 to Python.
    assert json.dumps([again.merged, again.own_form], sort_keys=True) == json.dumps(
        [checked.merged, checked.own_form], sort_keys=True, allow_nan=False
    )
    assert again.choice == checked.choice
