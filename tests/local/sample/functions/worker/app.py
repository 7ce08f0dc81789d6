"""Writes down each message it gets; a body can ask it to fail."""

import json
import os
import time

import boto3

_dynamodb = boto3.client("dynamodb")


def handler(event, context):
    failed = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        count = int(record["attributes"]["ApproximateReceiveCount"])
        seen = {"count": count, "record": {**record, "receiptHandle": "left out"}, "at": time.time()}
        _dynamodb.put_item(
            TableName=os.environ["TABLE_NAME"],
            Item={"pk": {"S": body["pk"]}, "sk": {"S": f"W#{count}"}, "seen": {"S": json.dumps(seen)}},
        )
        if count <= body.get("failures", 0):
            failed.append({"itemIdentifier": record["messageId"]})
        if body.get("crash"):
            raise RuntimeError("asked to crash")
    return {"batchItemFailures": failed}
