"""What a halted thread shows."""

from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactor.core import jsons
from interactor.core.paths import Scope
from interactor.core.templates import TemplateError
from interactor.definitions.rules.compile import compile_definition
from interactor.forms.presentation import MAX_BYTES, PresentationTooLargeError, Presented, render_halt

DATA = {
    "amount": 25000,
    "description": "laptops",
    "order": {"id": "123", "total": 150},
    "customer": "Acme Corp",
    "risk_score": 23,
}
APPROVE_OR_REJECT: dict[str, Any] = {
    "transition_mode": "selection",
    "transitions": [
        {"key": "approve", "to": "approved", "description": "Approve the order"},
        {"key": "reject", "to": "rejected", "description": "Reject the order"},
    ],
}
CHOICES = [
    {"key": "approve", "description": "Approve the order", "to": "approved"},
    {"key": "reject", "description": "Reject the order", "to": "rejected"},
]


def halt(data: dict[str, Any] | None = None, **state: Any) -> Presented:
    """Render a halting state of these properties, with these data."""
    document = {"type": "halting", "transitions": [{"target": "end"}], **state}
    definition = compile_definition(
        {"name": "w", "initial_state": "await_approval", "states": {"await_approval": document}}
    )
    scope = Scope(DATA if data is None else data, {"note": "from input"}, {"namespace": "user_123"})
    return render_halt(definition.states["await_approval"], scope)


class TestForms:
    FIELDS: tuple[dict[str, Any], ...] = (
        {"name": "approved", "type": "boolean", "label": "Approve this request?", "required": True},
        {
            "name": "amount",
            "type": "number",
            "label": "Approved Amount",
            "default": "${workflow_data.amount}",
            "min": 0,
            "max": 100000,
        },
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
    )
    FORM: ClassVar[dict[str, Any]] = {
        "type": "form",
        "title": "Approval Required",
        "description": "Please review the request details and provide your decision.",
        "fields": list(FIELDS),
    }

    def test_the_documented_form_is_shown_with_its_default_filled_in(self) -> None:
        shown = halt(presentation=self.FORM)
        approved, amount, notes, priority = self.FIELDS
        fields = [{**approved, "default": False}, {**amount, "default": 25000}, notes, priority]
        assert shown.presentation == {**self.FORM, "fields": fields}
        assert shown.options == {
            "instruction": "Please review the request details and provide your decision.",
            "title": "Approval Required",
            "include_data": [],
            "transition_mode": "condition",
            "choices": [],
            "generated": False,
        }

    @pytest.mark.parametrize(
        ("title", "description", "shown"),
        [
            (
                "Manager Approval Required",
                "Purchase request for ${workflow_data.description} - $${workflow_data.amount}",
                "Purchase request for laptops - $25000",
            ),
            (
                "VP Approval Required",
                "High-value purchase: ${workflow_data.description} - $${workflow_data.amount}",
                "High-value purchase: laptops - $25000",
            ),
        ],
    )
    def test_both_purchase_forms_tell_what_is_bought(self, title: str, description: str, shown: str) -> None:
        fields = [{"name": "approved", "type": "boolean", "label": "Approve?", "required": True}]
        form = {"type": "form", "title": title, "description": description, "fields": fields}
        halted = halt(presentation=form)
        assert halted.presentation["description"] == shown
        assert halted.options["instruction"] == shown
        assert halted.presentation["fields"] == [{**fields[0], "default": False}]

    def test_only_a_required_box_without_a_default_is_given_one(self) -> None:
        boxes: list[dict[str, Any]] = [
            {"name": "a", "type": "boolean", "label": "A", "required": True, "default": True},
            {"name": "b", "type": "boolean", "label": "B", "required": False},
            {"name": "c", "type": "boolean", "label": "C"},
            {"name": "d", "type": "string", "label": "D", "required": True},
            {"name": "e", "type": "boolean", "label": "E", "required": True, "default": "${gone}"},
        ]
        shown = halt(presentation={"type": "form", "fields": boxes}).presentation["fields"]
        assert shown == [*boxes[:4], {**boxes[4], "default": False}]

    def test_texts_stay_texts_and_defaults_keep_their_type(self) -> None:
        fields = [
            {"name": "a", "type": "number", "label": "${amount}", "placeholder": "${gone}", "default": "${amount}"},
            {"name": "b", "type": "select", "label": "B", "options": [{"value": "${amount}", "label": "${order}"}]},
        ]
        shown = halt(presentation={"type": "form", "title": "${amount}", "fields": fields}).presentation
        assert shown["title"] == "25000"
        assert shown["fields"][0] | {"name": "a"} == {
            "name": "a",
            "type": "number",
            "label": "25000",
            "placeholder": "",
            "default": 25000,
        }
        assert shown["fields"][1]["options"] == [{"value": "25000", "label": '{"id":"123","total":150}'}]

    def test_what_the_definition_says_is_left_as_it_was(self) -> None:
        before = jsons.dumps(self.FORM)
        halt(presentation=self.FORM)
        assert jsons.dumps(self.FORM) == before


class TestChoicesAndMessages:
    ACTION: ClassVar[dict[str, Any]] = {
        "type": "choice",
        "title": "Select Action",
        "message": "How would you like to proceed with this request?",
        "options": [
            {"value": "approve", "label": "Approve", "description": "Approve the request as submitted"},
            {"value": "reject", "label": "Reject", "description": "Reject the request"},
            {"value": "escalate", "label": "Escalate to Manager", "description": "Send to manager for review"},
            {"value": "request_info", "label": "Request More Information"},
        ],
    }

    def test_the_documented_choice_offers_its_options(self) -> None:
        shown = halt(presentation=self.ACTION)
        assert shown.presentation == self.ACTION
        assert shown.options == {
            "instruction": "How would you like to proceed with this request?",
            "title": "Select Action",
            "include_data": [],
            "transition_mode": "condition",
            "choices": [
                {"key": "approve", "description": "Approve the request as submitted"},
                {"key": "reject", "description": "Reject the request"},
                {"key": "escalate", "description": "Send to manager for review"},
                {"key": "request_info", "description": "Request More Information"},
            ],
            "generated": False,
        }

    def test_the_documented_message_is_shown_as_it_is(self) -> None:
        message = {
            "type": "message",
            "title": "Processing",
            "message": "Waiting for external system response. This may take a few minutes.",
            "show_progress": True,
        }
        shown = halt(presentation=message)
        assert shown.presentation == message
        assert shown.options["instruction"] == message["message"]
        assert shown.options["choices"] == []

    def test_in_selection_mode_the_keys_are_the_choices(self) -> None:
        assert halt(presentation=self.ACTION, **APPROVE_OR_REJECT).options["choices"] == CHOICES

    def test_a_form_without_any_text_has_no_instruction(self) -> None:
        shown = halt(presentation={"type": "form", "fields": []})
        assert shown.options["instruction"] is None
        assert "title" not in shown.options


class TestDerivedPresentations:
    def test_two_keys_or_more_become_a_choice(self) -> None:
        shown = halt(**APPROVE_OR_REJECT)
        assert shown.presentation == {
            "type": "choice",
            "options": [
                {"value": "approve", "label": "Approve", "description": "Approve the order"},
                {"value": "reject", "label": "Reject", "description": "Reject the order"},
            ],
        }
        assert shown.options["choices"] == CHOICES
        assert shown.options["instruction"] is None

    def test_keys_without_selection_mode_are_offered_too(self) -> None:
        shown = halt(transitions=APPROVE_OR_REJECT["transitions"])
        assert shown.presentation["type"] == "choice"
        assert shown.options["choices"] == CHOICES
        assert shown.options["transition_mode"] == "condition"

    def test_anything_else_becomes_a_message(self) -> None:
        one_key = {"transition_mode": "selection", "transitions": [{"key": "go_on", "to": "end"}]}
        for state in ({}, {"transitions": [{"target": "a"}, {"target": "b"}]}, one_key):
            shown = halt(**state)
            assert shown.presentation == {"type": "message", "message": "Waiting for input at 'await_approval'"}
            assert shown.options["instruction"] == shown.presentation["message"]
        assert shown.options["choices"] == [{"key": "go_on", "to": "end"}]

    def test_descriptions_may_be_templates_and_need_not(self) -> None:
        transitions = [
            {"key": "pay-all", "to": "a", "description": "Pay $${amount}"},
            {"key": "b", "to": "b", "description": "Write ${ that"},
            {"key": "c", "to": "c", "description": "${secrets.API_KEY}"},
        ]
        options = halt(transition_mode="selection", transitions=transitions).presentation["options"]
        assert options == [
            {"value": "pay-all", "label": "Pay all", "description": "Pay $25000"},
            {"value": "b", "label": "B", "description": "Write ${ that"},
            {"value": "c", "label": "C", "description": "${secrets.API_KEY}"},
        ]


class TestInstructions:
    def test_the_documented_message_has_a_title(self) -> None:
        text = "This order exceeds the automatic approval threshold and requires manual review."
        config = {"title": "Approval Required", "message": text}
        shown = halt(halting_instructions={"type": "message", "config": config})
        assert shown.presentation == {"type": "message", **config}
        assert shown.options == {
            "instruction": text,
            "title": "Approval Required",
            "include_data": [],
            "transition_mode": "condition",
            "choices": [],
            "generated": False,
        }

    def test_the_documented_prompt_is_followed_by_the_data_it_names(self) -> None:
        config = {
            "prompt": "Summarize this order and ask the user to approve or reject it.",
            "model": "claude-3-haiku-20240307",
            "include_data_paths": ["order", "customer", "order.total", "gone"],
        }
        shown = halt(halting_instructions={"type": "ai", "config": config}, **APPROVE_OR_REJECT)
        text = (
            "Summarize this order and ask the user to approve or reject it.\n"
            'order: {"id":"123","total":150}\n'
            "customer: Acme Corp\n"
            "order.total: 150"
        )
        assert shown.options == {
            "instruction": text,
            "include_data": ["order", "customer", "order.total", "gone"],
            "transition_mode": "selection",
            "choices": CHOICES,
            "generated": False,
        }
        assert shown.presentation["message"] == text

    def test_the_simple_format_is_a_prompt(self) -> None:
        simple = {"instruction": "Order ${order.id} is ready.", "include_data": ["risk_score"]}
        options = halt(halting_instructions=simple).options
        assert options["instruction"] == "Order 123 is ready.\nrisk_score: 23"
        assert options["include_data"] == ["risk_score"]
        assert options["generated"] is False

    def test_included_data_is_cut_where_it_is_long(self) -> None:
        simple = {"instruction": "Read.", "include_data": ["long"]}
        instruction = halt({"long": "x" * 200_000}, halting_instructions=simple).options["instruction"]
        assert instruction == "Read.\nlong: " + "x" * 500 + "..."

    def test_instructions_come_before_what_the_presentation_says(self) -> None:
        config = {"message": "Order ${order.id}: ${input.note} in ${context.namespace}"}
        shown = halt(
            halting_instructions={"type": "message", "config": config},
            presentation={"type": "message", "title": "Processing", "message": "Wait"},
        )
        assert shown.options["instruction"] == "Order 123: from input in user_123"
        assert shown.options["title"] == "Processing"
        assert shown.presentation["message"] == "Wait"


class TestSize:
    @pytest.mark.parametrize(
        "state",
        [
            {"presentation": {"type": "message", "message": "${big}${big}"}},
            {"presentation": {"type": "form", "fields": [{"name": "a", "default": "${big}"}] * 50}},
            {"halting_instructions": {"type": "message", "config": {"message": "${big}${big}"}}},
            {"transitions": [{"key": f"k{n}", "to": "a", "description": "${big}"} for n in range(20)]},
            {
                "presentation": {"type": "form", "fields": []},
                "transition_mode": "selection",
                "transitions": [{"key": f"k{n}", "to": "a", "description": "${big}"} for n in range(20)],
            },
            {
                "halting_instructions": {"type": "message", "config": {"message": "${big}"}},
                "presentation": {"type": "message", "message": "${big}"},
            },
        ],
    )
    def test_more_than_64_kb_is_too_large(self, state: dict[str, Any]) -> None:
        with pytest.raises(PresentationTooLargeError) as caught:
            halt({"big": "x" * 40_000}, **state)
        assert caught.value.code == "presentation_too_large"

    def test_the_last_byte_counts(self) -> None:
        message = {"type": "message", "message": "${big}"}
        room = MAX_BYTES - jsons.size({"type": "message", "message": ""})
        form = {"type": "form", "title": "t", "fields": [{"name": "a", "default": "${big}"}]}
        room_in_form = MAX_BYTES - jsons.size({**form, "fields": [{"name": "a", "default": ""}]})
        assert jsons.size(halt({"big": "x" * room_in_form}, presentation=form).presentation) == MAX_BYTES
        for presentation, size in ((form, room_in_form + 1), (message, room + 1)):
            with pytest.raises(PresentationTooLargeError):
                halt({"big": "x" * size}, presentation=presentation)

    def test_a_text_shown_as_presentation_and_instruction_counts_once(self) -> None:
        shown = halt({"big": "x" * 40_000}, presentation={"type": "message", "message": "${big}"})
        assert shown.options["instruction"] == shown.presentation["message"]


def test_secrets_are_out_of_reach() -> None:
    with pytest.raises(TemplateError, match="HTTP logic only"):
        halt(presentation={"type": "message", "message": "${secrets.API_KEY}"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
TEXT = st.sampled_from(["${x}", "a ${x} b", "${x.0.a}", "plain", "${input}", "${"])
DOCUMENT = st.recursive(
    TEXT | JSON,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "fields", "options", "title", "message", "value", "required", "default"]), inner
        )
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["type", "fields", "options", "title", "message"]), DOCUMENT),
    JSON,
    TEXT,
    st.booleans(),
)
def test_any_presentation_is_shown_or_refused(
    presentation: dict[str, Any], value: Any, instruction: str, selection: bool
) -> None:
    mode = APPROVE_OR_REJECT if selection else {}
    simple = {"instruction": instruction, "include_data": ["x", "x.0"]}
    try:
        shown = halt({"x": value}, presentation=presentation, halting_instructions=simple, **mode)
    except (TemplateError, PresentationTooLargeError):
        return
    jsons.dumps([shown.presentation, shown.options])
