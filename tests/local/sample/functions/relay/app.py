"""Writes down each stream record it gets; a key can ask it to fail."""

import json
import os

import boto3

_dynamodb = boto3.client("dynamodb")


def handler(event, context):
    for record in event["Records"]:
        keys = record["dynamodb"]["Keys"]
        if keys["sk"]["S"].endswith("poison"):
            raise RuntimeError("poison")
        _dynamodb.update_item(
            TableName=os.environ["TABLE_NAME"],
            Key={"pk": keys["pk"], "sk": {"S": f"R{keys['sk']['S']}"}},
            UpdateExpression="SET seen = :seen ADD times :one",
            ExpressionAttributeValues={":seen": {"S": json.dumps(record)}, ":one": {"N": "1"}},
        )
