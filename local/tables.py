"""DynamoDB tables from their declarations, and whether a kept one still fits."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from local.aws import code_of


def describe_table(client: Any, name: str) -> dict[str, Any]:
    """The table's description as DynamoDB gives it."""
    description: dict[str, Any] = client.describe_table(TableName=name)["Table"]
    return description


def create_table(client: Any, name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Make the table with its keys, indexes and stream, wait for it, and describe it."""
    wanted: dict[str, Any] = {
        "TableName": name,
        "KeySchema": properties["KeySchema"],
        "AttributeDefinitions": properties["AttributeDefinitions"],
        # On demand whatever the template says: locally capacity is no one's concern, on AWS it costs nothing idle.
        "BillingMode": "PAY_PER_REQUEST",
    }
    indexes = properties.get("GlobalSecondaryIndexes", [])
    if indexes:
        kept = ("IndexName", "KeySchema", "Projection")
        wanted["GlobalSecondaryIndexes"] = [{key: index[key] for key in kept} for index in indexes]
    if "LocalSecondaryIndexes" in properties:
        wanted["LocalSecondaryIndexes"] = properties["LocalSecondaryIndexes"]
    if "StreamSpecification" in properties:
        wanted["StreamSpecification"] = _stream(properties)
    client.create_table(**wanted)
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    return describe_table(client, name)


def follow_settings(client: Any, name: str, properties: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Turn on the declared stream and TTL where they are off; data stays as it is."""
    if "StreamSpecification" in properties and not kept.get("LatestStreamArn"):
        client.update_table(TableName=name, StreamSpecification=_stream(properties))
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
        kept = describe_table(client, name)
    declared = properties.get("TimeToLiveSpecification")
    if declared and str(declared.get("Enabled")).lower() == "true":
        current = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        if current["TimeToLiveStatus"] not in ("ENABLED", "ENABLING"):
            _turn_ttl_on(client, name, declared["AttributeName"])
    return dict(kept)


def differences(properties: Mapping[str, Any], kept: Mapping[str, Any]) -> list[str]:
    """How the keys of a kept table differ from the declared ones, in words; empty when they are the same."""
    wanted_types = {item["AttributeName"]: item["AttributeType"] for item in properties["AttributeDefinitions"]}
    kept_types = {item["AttributeName"]: item["AttributeType"] for item in kept["AttributeDefinitions"]}
    wanted = {"its key": _keys(properties["KeySchema"], wanted_types)}
    found = {"its key": _keys(kept["KeySchema"], kept_types)}
    for index in properties.get("GlobalSecondaryIndexes", []):
        wanted[f"index {index['IndexName']}"] = _index(index, wanted_types)
    for index in kept.get("GlobalSecondaryIndexes", []):
        found[f"index {index['IndexName']}"] = _index(index, kept_types)
    return [
        f"{name} is {found.get(name, 'missing')}, the template has {wanted.get(name, 'none')}"
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]


def _stream(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"StreamEnabled": True, "StreamViewType": properties["StreamSpecification"]["StreamViewType"]}


def _keys(schema: list[Mapping[str, str]], types: Mapping[str, str]) -> str:
    ordered = sorted(schema, key=lambda part: part["KeyType"])
    return " + ".join(f"{part['AttributeName']} ({types.get(part['AttributeName'])})" for part in ordered)


def _index(index: Mapping[str, Any], types: Mapping[str, str]) -> str:
    projection = index.get("Projection", {})
    names = ",".join(sorted(projection.get("NonKeyAttributes", [])))
    return f"{_keys(index['KeySchema'], types)} {projection.get('ProjectionType', 'ALL')} {names}".rstrip()


def _turn_ttl_on(client: Any, name: str, attribute: str) -> None:
    try:
        client.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": attribute}
        )
    except ClientError as error:
        if code_of(error) != "ValidationException":
            raise
