"""Answers with what it was called with; some paths do something to be seen elsewhere."""

import json
import os
import time

import boto3

_dynamodb = boto3.client("dynamodb")
_sqs = boto3.client("sqs")


def handler(event, context):
    path = event["rawPath"]
    asked = event.get("queryStringParameters", {})
    print(f"echo was asked for {path}")
    if path.endswith("/crash"):
        raise RuntimeError("asked to crash")
    if path.endswith("/plain"):
        return {"no": "status"}
    if path.endswith("/slow"):
        time.sleep(float(asked["seconds"]))
        _put(asked["pk"], "slow", b"")
        return {"statusCode": 200, "body": "slept"}
    if path.endswith("/put"):
        _put(asked["pk"], asked["sk"], b"\x00\xff")
    if path.endswith("/send"):
        _sqs.send_message(QueueUrl=os.environ["WORK_QUEUE_URL"], MessageBody=asked["body"], MessageGroupId="group")
    if path.endswith("/rows"):
        answer = _dynamodb.query(
            TableName=os.environ["TABLE_NAME"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": asked["pk"]}},
            ConsistentRead=True,
        )
        return {"statusCode": 200, "body": json.dumps([_row(item) for item in answer["Items"]])}
    body = {
        "event": event,
        "context": {
            "function_name": context.function_name,
            "remaining": context.get_remaining_time_in_millis(),
            "memory": context.memory_limit_in_mb,
            "arn": context.invoked_function_arn,
            "request": context.aws_request_id,
        },
        "environment": {name: os.environ[name] for name in ("GREETING", "JOINED", "LIMIT")},
    }
    return {
        "statusCode": 201,
        "headers": {"Content-Type": "application/json", "X-Seen": "yes"},
        "cookies": ["a=1", "b=2"],
        "body": json.dumps(body),
    }


def _put(pk, sk, raw):
    _dynamodb.put_item(
        TableName=os.environ["TABLE_NAME"],
        Item={"pk": {"S": pk}, "sk": {"S": sk}, "raw": {"B": raw}, "at": {"N": str(time.time_ns() // 1_000_000)}},
    )


def _row(item):
    return {
        key: value for key, value in ((key, next(iter(typed.values()))) for key, typed in item.items()) if key != "raw"
    }
