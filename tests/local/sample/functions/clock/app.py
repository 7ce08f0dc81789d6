"""Counts its ticks and keeps the last event."""

import json
import os

import boto3

_dynamodb = boto3.client("dynamodb")


def handler(event, context):
    _dynamodb.update_item(
        TableName=os.environ["TABLE_NAME"],
        Key={"pk": {"S": "clock"}, "sk": {"S": "ticks"}},
        UpdateExpression="SET seen = :seen ADD times :one",
        ExpressionAttributeValues={":seen": {"S": json.dumps(event)}, ":one": {"N": "1"}},
    )
