"""Parameters, intrinsics, filters and the conflicts that are refused."""

import pytest

from local import patterns, template
from local.intrinsics import Intrinsics, parameter_values
from local.tables import differences


class _Names:
    def reference(self, logical_id):
        return logical_id.lower()

    def attribute(self, logical_id, name):
        return f"arn:{logical_id}:{name}"


def _resolve(value, **template_parts):
    parts = {"Resources": {"Queue": {}, "Off": {"Condition": "No"}}, **template_parts}
    return Intrinsics(parts, {"P": "x"}, {"AWS::StackName": "s"}, _Names()).resolve(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "P"}, "x"),
        ({"Ref": "Queue"}, "queue"),
        ({"Fn::GetAtt": "Queue.Arn"}, "arn:Queue:Arn"),
        ({"Fn::Sub": "${P}-${Queue.Arn}-${!P}"}, "x-arn:Queue:Arn-${P}"),
        ({"Fn::Sub": ["${A}${P}", {"A": {"Ref": "Queue"}}]}, "queuex"),
        ({"Fn::If": ["Yes", 1, 2]}, 1),
        ({"Fn::If": ["No", 1, {"Ref": "P"}]}, "x"),
        ({"a": {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ({"Fn::Join": ["/", ["a", {"Ref": "P"}]]}, "a/x"),
        ({"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::FindInMap": ["M", {"Ref": "P"}, "k"]}, 7),
        ({"Fn::And": [{"Condition": "Yes"}, {"Fn::Not": [{"Condition": "No"}]}]}, True),
        ({"Fn::Or": [{"Condition": "No"}, {"Fn::Equals": [1, "2"]}]}, False),
    ],
)
def test_intrinsics_resolve_to_plain_values(value, expected):
    conditions = {"Yes": {"Fn::Equals": [{"Ref": "P"}, "x"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}}
    assert _resolve(value, Conditions=conditions, Mappings={"M": {"x": {"k": 7}}}) == expected


def test_an_unknown_name_or_function_is_refused_by_name():
    with pytest.raises(ValueError, match="'Missing'"):
        _resolve({"Ref": "Missing"})
    with pytest.raises(ValueError, match="Fn::Cidr"):
        _resolve({"Fn::Cidr": []})


def test_the_environment_sets_parameters_within_their_bounds():
    declared = {
        "Parameters": {"N": {"Type": "Number", "Default": 5, "MinValue": 0, "MaxValue": 10}, "T": {"Type": "String"}}
    }
    assert parameter_values(declared, {"N": "0", "T": "t"}) == {"N": "0", "T": "t"}
    assert parameter_values(declared, {"T": ""})["N"] == 5 or parameter_values(declared, {"T": ""})["N"] == "5"
    with pytest.raises(ValueError, match="N is 11"):
        parameter_values(declared, {"N": "11", "T": "t"})
    with pytest.raises(ValueError, match="set the environment variable T"):
        parameter_values(declared, {})


def test_a_variable_with_two_values_is_refused():
    def function(name, value):
        return template.Function(name, name, name, ".", "app.handler", 3, 128, {"V": value})

    declared = template.Declared({"A": function("A", "1"), "B": function("B", "2")}, (), (), (), ())
    with pytest.raises(ValueError, match=r"V is '1' in A and '2' in B"):
        template.shared_environment(declared)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"eventName": ["INSERT"]}, True),
        ({"eventName": ["MODIFY", "INSERT"]}, True),
        ({"eventName": ["REMOVE"]}, False),
        ({"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "H#"}]}}}}, True),
        ({"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "M"}]}}}}, False),
        ({"dynamodb": {"OldImage": [{"exists": False}]}}, True),
        ({"dynamodb": {"OldImage": [{"exists": True}]}}, False),
        ({"eventName": [{"anything-but": ["INSERT"]}]}, False),
        ({"eventName": [{"anything-but": "REMOVE"}]}, True),
        ({"size": [{"numeric": [">", 2, "<=", 5]}]}, True),
        ({"size": [{"numeric": ["<", 2]}]}, False),
    ],
)
def test_filters_match_as_event_source_mappings_do(pattern, expected):
    record = {"eventName": "INSERT", "dynamodb": {"Keys": {"sk": {"S": "H#1"}}}, "size": 5}
    patterns.check(pattern)
    assert patterns.matches(pattern, record) is expected


def test_an_unknown_filter_is_refused_rather_than_ignored():
    with pytest.raises(ValueError, match="wildcard"):
        patterns.check({"a": [{"wildcard": "*"}]})


def test_other_keys_of_a_kept_table_are_named():
    def table(range_key, *indexes):
        return {
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk", "b")],
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": range_key, "KeyType": "RANGE"},
            ],
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": name,
                    "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
                for name in indexes
            ],
        }

    assert differences(table("sk", "i"), table("sk", "i")) == []
    assert "index new is missing" in differences(table("sk", "new"), table("sk"))[0]
    assert differences(table("sk"), table("b"))[0].startswith("its key is pk (S) + b (S)")
