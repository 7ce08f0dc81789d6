"""Definitions with one thing wrong: (what, document, path of the problem, part of the message, seen by the schema).

The last says whether the JSON Schema refuses the document too; where it cannot state the rule, that is ``False``.
"""

from typing import Any

from tests.support.workflows.documents import REMOVED, asking, calling, forking, put, small

FIELD: dict[str, Any] = {"name": "amount", "type": "number", "label": "Amount"}
SELECT: dict[str, Any] = {
    "name": "size",
    "type": "select",
    "label": "Size",
    "options": [{"value": "s", "label": "S"}, {"value": "m", "label": "M"}],
}
KEYED: dict[str, Any] = {
    "type": "halting",
    "transition_mode": "selection",
    "transitions": [{"key": "yes", "to": "end"}, {"key": "no", "to": "start"}],
}
TRANSITION = "states.start.transitions.0"
T = "states.start.transitions[0]"
URL = "states.start.logic.url"
FIELD_AT = "states.ask.presentation.fields[0]"


def condition(value: Any) -> Any:
    return put(small(), TRANSITION + ".condition", value)


def instructions(value: Any) -> Any:
    return put(small(), "states.ask.halting_instructions", value)


def schema(value: Any) -> Any:
    return put(small(), "input_schema", value)


def deep_condition(levels: int) -> Any:
    value: Any = {"field": "a", "equals": 1}
    for _ in range(levels - 1):
        value = {"and": [value]}
    return value


def deep_schema(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels // 2):
        value = {"properties": {"a": value}}
    return value


def forked_twice() -> Any:
    document = forking()
    states = document["states"]
    states["decide"] = {
        "type": "action",
        "fork": {"threads": {"legal": {"target": "signed"}}, "join": {"target": "done"}},
    }
    return document


def ring_of_threads() -> Any:
    return put(forking(), "states.await_finance.transitions.0.target", "review")


BROKEN: list[tuple[str, Any, str, str, bool]] = [
    ("a list", [], "", "must be an object", True),
    ("no name", put(small(), "name", REMOVED), "name", "name is required", True),
    ("name not text", put(small(), "name", 5), "name", "must be a string", True),
    ("name in capitals", put(small(), "name", "Small"), "name", "lower-case", True),
    ("name of 65", put(small(), "name", "a" * 65), "name", "1 to 64", True),
    ("name with line break", put(small(), "name", "small\n"), "name", "lower-case", True),
    ("reserved name", put(small(), "name", "event-types"), "name", "reserved", True),
    ("name like a workflow id", put(small(), "name", "wf_01h00000000000000000000000"), "name", "reserved", True),
    ("long guidance", put(small(), "ai_guidance", "x" * 1001), "ai_guidance", "at most 1000", True),
    ("no initial state", put(small(), "initial_state", REMOVED), "initial_state", "is required", True),
    ("unknown initial state", put(small(), "initial_state", "x"), "initial_state", "'x' does not exist", False),
    ("no states", put(small(), "states", REMOVED), "states", "is required", True),
    ("empty states", put(small(), "states", {}), "states", "1 to 100 states", True),
    ("101 states", small(**{f"s{n}": {"type": "terminal"} for n in range(98)}), "states", "this one has 101", True),
    ("state no object", small(more=[]), "states.more", "must be an object", True),
    ("state without type", put(small(), "states.end.type", REMOVED), "states.end.type", "is required", True),
    ("unknown state type", put(small(), "states.end.type", "end"), "states.end.type", "'action', 'halting' or", True),
    ("nameless state", small(**{"": {"type": "terminal"}}), 'states[""]', "1 to 128", True),
    ("action goes nowhere", put(small(), "states.start.transitions", []), "states.start.transitions", "at least", True),
    ("action without", put(small(), "states.start.transitions", REMOVED), "states.start.transitions", "fork", True),
    ("halting goes nowhere", put(small(), "states.ask.transitions", []), "states.ask.transitions", "at least", True),
    (
        "terminal goes on",
        put(small(), "states.end.transitions", [{"target": "start"}]),
        "states.end.transitions",
        "has no transitions",
        True,
    ),
    (
        "21 transitions",
        put(small(), "states.start.transitions", [{"target": "end", "condition": {"field": "a", "equals": 1}}] * 21),
        "states.start.transitions",
        "at most 20",
        True,
    ),
    ("transition no object", put(small(), TRANSITION, "ask"), T, "must be an object", True),
    ("no target", put(small(), TRANSITION, {}), T + ".target", "is required", True),
    (
        "unknown target",
        put(small(), TRANSITION, {"target": "nonexistent"}),
        T + ".target",
        "Target state 'nonexistent' does not exist",
        False,
    ),
    ("unknown to", put(small(), TRANSITION, {"to": "x", "key": "k"}), T + ".to", "'x' does not exist", False),
    ("to without key", put(small(), TRANSITION, {"to": "end"}), T + ".key", "required beside to", True),
    (
        "target and to",
        put(small(), TRANSITION, {"to": "end", "key": "k", "target": "end"}),
        T + ".to",
        "not both",
        True,
    ),
    (
        "two equal keys",
        small(ask=put(KEYED, "transitions.1.key", "yes")),
        "states.ask.transitions[1].key",
        "used twice",
        False,
    ),
    (
        "selection without key",
        small(ask=put(KEYED, "transitions.1", {"target": "end"})),
        "states.ask.transitions[1].key",
        "selection",
        True,
    ),
    (
        "unknown mode",
        small(ask=put(KEYED, "transition_mode", "random")),
        "states.ask.transition_mode",
        "'selection' or 'condition'",
        True,
    ),
    ("condition of nothing", condition({"field": "a"}), T + ".condition", "none of them", True),
    ("condition null", condition(None), T + ".condition", "must be an object", True),
    ("condition of two", condition({"field": "a", "equals": 1, "and": []}), T + ".condition", "equals and and", True),
    ("no field", condition({"equals": 1}), T + ".condition.field", "is required", True),
    ("broken field", condition({"field": "a..b", "equals": 1}), T + ".condition.field", "single dots", True),
    (
        "unknown operator",
        condition({"field": "a", "operator": "like", "value": 1}),
        T + ".condition.operator",
        "'gt'",
        True,
    ),
    (
        "placeholder to compare with",
        condition({"field": "a", "operator": "gt", "value": "${input.limit}"}),
        T + ".condition.value",
        "not filled",
        False,
    ),
    (
        "placeholder in equals",
        condition({"field": "a", "equals": ["${b}"]}),
        T + ".condition.equals",
        "not filled",
        False,
    ),
    (
        "placeholder in a field",
        condition({"and": [{"field": "${input.approved}", "not_equals": True}]}),
        T + ".condition.and[0].field",
        "not filled",
        False,
    ),
    (
        "placeholder in an output path",
        put(calling(), "states.start.output", "orders.${input.id}"),
        "states.start.output",
        "not filled",
        False,
    ),
    (
        "placeholder in extract",
        put(calling(), "states.start.output", {"path": "a", "extract": {"b": "body.${input.b}"}}),
        "states.start.output.extract.b",
        "not filled",
        False,
    ),
    (
        "placeholder in include_data",
        instructions({"instruction": "x", "include_data": ["a", "${order}"]}),
        "states.ask.halting_instructions.include_data[1]",
        "not filled",
        False,
    ),
    (
        "timeout of a broken template",
        put(small(), "states.ask.timeout", {"after": "${}d", "target": "end"}),
        "states.ask.timeout.after",
        "is empty",
        False,
    ),
    (
        "timeout of a secret",
        put(small(), "states.ask.timeout", {"after": "${secrets.A}", "target": "end"}),
        "states.ask.timeout.after",
        "HTTP logic only",
        False,
    ),
    ("no value", condition({"field": "a", "operator": "gt"}), T + ".condition.value", "beside operator", True),
    (
        "in no list",
        condition({"field": "a", "operator": "in", "value": "b"}),
        T + ".condition.value",
        "must be a list",
        True,
    ),
    ("and no list", condition({"and": {}}), T + ".condition.and", "must be a list", True),
    (
        "wrong part",
        condition({"or": [{"and": [{"field": 1, "equals": 1}]}]}),
        T + ".condition.or[0].and[0].field",
        "string",
        True,
    ),
    ("21 levels", condition(deep_condition(21)), T + ".condition" + ".and[0]" * 20, "more than 20", False),
    ("logic null", put(small(), "states.start.logic", None), "states.start.logic", "must be an object", True),
    (
        "unknown logic",
        put(small(), "states.start.logic.type", "sql"),
        "states.start.logic.type",
        "logic.type must be 'script' or 'http'",
        True,
    ),
    (
        "script without code",
        put(small(), "states.start.logic.code", REMOVED),
        "states.start.logic.code",
        "required",
        True,
    ),
    ("long script", put(small(), "states.start.logic.code", " " * 65_537), "states.start.logic.code", "64 KB", True),
    (
        "long script in other letters",
        put(small(), "states.start.logic.code", "é" * 40_000),
        "states.start.logic.code",
        "80000 bytes",
        False,
    ),
    (
        "script that does not parse",
        put(small(), "states.start.logic.code", "return {\n  BROKEN"),
        "states.start.logic.code",
        "unexpected token at line 2",
        False,
    ),
    ("unknown method", calling(method="HEAD"), "states.start.logic.method", "'GET'", True),
    ("no url", put(calling(), URL, REMOVED), URL, "is required", True),
    ("url of another scheme", calling(url="ftp://example.com/"), URL, "https://", True),
    ("url without host", calling(url="https:///x"), URL, "no host", True),
    ("relative url", calling(url="/orders"), URL, "complete", True),
    ("url with a blank", calling(url="https://example.com/a b"), URL, "blank", True),
    ("url with a password", calling(url="https://u:p@example.com/"), URL, "password", True),
    ("templated scheme", calling(url="${secrets.BASE}/orders"), URL, "written out", True),
    ("templated host", calling(url="https://${input.host}/orders"), URL, "written out", True),
    ("host that runs on", calling(url="https://example.com${input.path}"), URL, "written out", True),
    ("templated port", calling(url="https://example.com:${input.port}/"), URL, "written out", True),
    ("open placeholder in url", calling(url="https://example.com/${input.a"), URL, "not closed", False),
    ("header no object", calling(headers=[]), "states.start.logic.headers", "must be an object", True),
    ("header name", calling(headers={"X Y": "1"}), 'states.start.logic.headers["X Y"]', "letters, digits", True),
    ("header value", calling(headers={"X": ["1"]}), "states.start.logic.headers.X", "must be a string", True),
    (
        "header with line break",
        calling(headers={"X": "a\r\nY: b"}),
        "states.start.logic.headers.X",
        "line breaks",
        True,
    ),
    ("host header", calling(headers={"Host": "a"}), "states.start.logic.headers.Host", "leave it out", True),
    ("one header twice", calling(headers={"X": "a", "x": "b"}), "states.start.logic.headers.x", "twice", False),
    (
        "placeholder in body",
        calling(body={"a": [{"b": "${input.}"}]}),
        "states.start.logic.body.a[0].b",
        "not a path",
        False,
    ),
    ("timeout of 999", calling(timeout=999), "states.start.logic.timeout", "between 1000 and 30000", True),
    ("timeout of a half", calling(timeout=1000.5), "states.start.logic.timeout", "whole number", True),
    ("timeout true", calling(timeout=True), "states.start.logic.timeout", "whole number", True),
    ("six attempts", calling(retry={"attempts": 6}), "states.start.logic.retry.attempts", "between 1 and 5", True),
    ("unknown backoff", calling(retry={"backoff": "x"}), "states.start.logic.retry.backoff", "exponential", True),
    ("on_enter", put(small(), "states.end.on_enter", {"type": "x"}), "states.end.on_enter.type", "on_enter.type", True),
    ("output path", put(calling(), "states.start.output", "a..b"), "states.start.output", "single dots", True),
    ("output mode", put(calling(), "states.start.output", {"mode": "x"}), "states.start.output.mode", "'merge'", True),
    (
        "extract",
        put(calling(), "states.start.output", {"extract": {"a": 1}}),
        "states.start.output.extract.a",
        "string",
        True,
    ),
    (
        "presentation type",
        put(small(), "states.ask.presentation.type", "x"),
        "states.ask.presentation.type",
        "'form'",
        True,
    ),
    (
        "message without message",
        put(small(), "states.ask.presentation.message", REMOVED),
        "states.ask.presentation.message",
        "is required",
        True,
    ),
    (
        "51 fields",
        asking(*[{**FIELD, "name": f"f{n}"} for n in range(51)]),
        "states.ask.presentation.fields",
        "50",
        True,
    ),
    ("field without label", asking(put(FIELD, "label", REMOVED)), FIELD_AT + ".label", "is required", True),
    ("field name", asking(put(FIELD, "name", "Amount")), FIELD_AT + ".name", "lower-case", True),
    ("field type", asking(put(FIELD, "type", "int")), FIELD_AT + ".type", "'number'", True),
    ("one field twice", asking(FIELD, FIELD), "states.ask.presentation.fields[1].name", "used twice", False),
    ("min over max", asking({**FIELD, "min": 2, "max": 1}), FIELD_AT + ".min", "greater than max", False),
    ("step of 0", asking({**FIELD, "step": 0}), FIELD_AT + ".step", "greater than 0", True),
    ("default of another type", asking({**FIELD, "default": "5"}), FIELD_AT + ".default", "must be a number", True),
    ("default over max", asking({**FIELD, "max": 1, "default": 5}), FIELD_AT + ".default", "1 or less", False),
    ("default no option", asking({**SELECT, "default": "xl"}), FIELD_AT + ".default", "one of the options", False),
    ("select without options", asking(put(SELECT, "options", REMOVED)), FIELD_AT + ".options", "is required", True),
    ("select of none", asking(put(SELECT, "options", [])), FIELD_AT + ".options", "at least 1", True),
    ("one option twice", asking(put(SELECT, "options.1.value", "s")), FIELD_AT + ".options[1].value", "twice", False),
    (
        "no such day",
        asking({"name": "day", "type": "date", "label": "Day", "minDate": "2026-02-30"}),
        FIELD_AT + ".minDate",
        "must be a date",
        True,
    ),
    (
        "dates the wrong way round",
        asking({"name": "day", "type": "date", "label": "Day", "minDate": "2026-02-02", "maxDate": "2026-02-01"}),
        FIELD_AT + ".minDate",
        "later than maxDate",
        False,
    ),
    (
        "a choice of one",
        put(small(), "states.ask.presentation", {"type": "choice", "options": [{"value": "a", "label": "A"}]}),
        "states.ask.presentation.options",
        "at least 2",
        True,
    ),
    (
        "secret in a presentation",
        put(small(), "states.ask.presentation.message", "key ${secrets.KEY}"),
        "states.ask.presentation.message",
        "HTTP logic only",
        False,
    ),
    (
        "placeholder in a label",
        asking({**FIELD, "label": "${}"}),
        FIELD_AT + ".label",
        "empty",
        False,
    ),
    ("instructions text", instructions("hi"), "states.ask.halting_instructions", "must be an object", True),
    ("instructions empty", instructions({}), "states.ask.halting_instructions.instruction", "is required", True),
    (
        "instructions type",
        instructions({"type": "x", "config": {}}),
        "states.ask.halting_instructions.type",
        "'ai'",
        True,
    ),
    ("no config", instructions({"type": "ai"}), "states.ask.halting_instructions.config", "is required", True),
    (
        "no prompt",
        instructions({"type": "ai", "config": {}}),
        "states.ask.halting_instructions.config.prompt",
        "is required",
        True,
    ),
    (
        "instruction placeholder",
        instructions({"instruction": "${a b}"}),
        "states.ask.halting_instructions.instruction",
        "not a path",
        False,
    ),
    (
        "include_data",
        instructions({"instruction": "x", "include_data": ["a", 1]}),
        "states.ask.halting_instructions.include_data[1]",
        "string",
        True,
    ),
    ("on_error text", put(small(), "states.start.on_error", "end"), "states.start.on_error", "must be an object", True),
    (
        "on_error target",
        put(small(), "states.start.on_error", {"target": "x"}),
        "states.start.on_error.target",
        "does not exist",
        False,
    ),
    (
        "additional_input as text",
        put(small(), "states.ask.additional_input", "true"),
        "states.ask.additional_input",
        "true or false",
        True,
    ),
    (
        "timeout duration",
        put(small(), "states.ask.timeout", {"after": "1 day", "target": "end"}),
        "states.ask.timeout.after",
        "30s, 15m, 24h or 7d",
        True,
    ),
    (
        "timeout target",
        put(small(), "states.ask.timeout", {"after": "1d", "target": "x"}),
        "states.ask.timeout.target",
        "does not exist",
        False,
    ),
    (
        "fork and logic",
        put(forking(), "states.review.logic", {"type": "script", "code": ""}),
        "states.review.logic",
        "no logic",
        True,
    ),
    (
        "fork and transitions",
        put(forking(), "states.review.transitions", [{"target": "done"}]),
        "states.review.transitions",
        "no transitions",
        True,
    ),
    ("terminal forks", put(forking(), "states.review.type", "terminal"), "states.review.fork", "Only an action", True),
    (
        "fork without join",
        put(forking(), "states.review.fork.join", REMOVED),
        "states.review.fork.join",
        "required",
        True,
    ),
    (
        "unknown join",
        put(forking(), "states.review.fork.join.target", "x"),
        "states.review.fork.join.target",
        "does not exist",
        False,
    ),
    ("no threads", forking(threads={}), "states.review.fork.threads", "1 to 10 threads", True),
    (
        "eleven threads",
        forking(threads={f"t{n}": {"target": "signed"} for n in range(11)}),
        "states.review.fork.threads",
        "this one has 11",
        True,
    ),
    ("thread main", forking(threads={"main": {"target": "signed"}}), "states.review.fork.threads.main", "'main'", True),
    (
        "thread name",
        forking(threads={"a b": {"target": "signed"}}),
        'states.review.fork.threads["a b"]',
        "letters",
        True,
    ),
    (
        "thread target",
        forking(threads={"a": {"target": "x"}}),
        "states.review.fork.threads.a.target",
        "does not exist",
        False,
    ),
    ("thread twice", forked_twice(), "states.decide.fork.threads.legal", "another fork", False),
    (
        "policy",
        put(forking(), "states.review.fork.join.policy", "most"),
        "states.review.fork.join.policy",
        "'all', 'any'",
        True,
    ),
    (
        "count of 3",
        put(forking(), "states.review.fork.join.policy", {"count": 3}),
        "states.review.fork.join.policy.count",
        "between 1 and 2",
        False,
    ),
    ("fork within itself", ring_of_threads(), "states.review.fork.threads.finance", "fork itself again", False),
    (
        "join that is never met",
        put(forking(), "states.await_legal.transitions.0.target", "await_legal"),
        "states.review.fork.join",
        "never be met",
        False,
    ),
    ("schema true", schema(True), "input_schema", "must be an object", True),
    ("schema type", schema({"type": "int"}), "input_schema.type", "Not JSON Schema", False),
    (
        "schema within",
        schema({"properties": {"a": {"minimum": "1"}}}),
        "input_schema.properties.a.minimum",
        "Not JSON Schema",
        False,
    ),
    (
        "schema draft 7",
        schema({"$schema": "http://json-schema.org/draft-07/schema#"}),
        "input_schema.$schema",
        "2020",
        False,
    ),
    (
        "outside reference",
        schema({"items": {"$ref": "https://example.com/x.json"}}),
        "input_schema.items.$ref",
        "stay inside",
        False,
    ),
    ("reference to nothing", schema({"$ref": "#/$defs/x"}), "input_schema", "does not exist", False),
    (
        "lookahead",
        schema({"properties": {"a": {"pattern": "(?=x)y"}}}),
        "input_schema.properties.a.pattern",
        "linear",
        False,
    ),
    ("backreference", schema({"pattern": "(a)\\1"}), "input_schema.pattern", "linear", False),
    ("33 levels", schema(deep_schema(34)), "input_schema", "more than 32", False),
    ("schema of 65 KB", schema({"description": "x" * 65_536}), "input_schema", "64 KB", False),
    ("schema that is only itself", schema({"$ref": "#"}), "input_schema", "refers to itself", False),
    (
        "schema that doubles itself",
        schema({"allOf": [{"properties": {"a": {"$ref": "#"}}}, {"properties": {"a": {"$ref": "#"}}}]}),
        "input_schema",
        "more than once",
        False,
    ),
    (
        "schema of doubling references",
        schema(
            {
                "$ref": "#/$defs/a0",
                "$defs": {
                    **{f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(30)},
                    "a30": {"type": "object"},
                },
            }
        ),
        "input_schema",
        "more than 1000 rules",
        False,
    ),
]
