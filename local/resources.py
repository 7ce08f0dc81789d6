"""Makes what the template declares on the AWS endpoint, and answers what the resources are called there.

A resource is made the moment something names it, and what exists is kept. Kinds that only AWS runs (functions,
roles, alarms, the API) get the names and ARNs they would have, and nothing is made for them.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from local.aws import Aws, code_of
from local.buckets import create_bucket
from local.buckets import follow_settings as follow_settings_of_bucket
from local.tables import create_table, describe_table, differences, follow_settings

_QUEUE_ATTRIBUTES = (
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
    "FifoQueue",
    "ContentBasedDeduplication",
)
_ARN_PATHS = {
    "AWS::Lambda::Function": ("lambda", "function:{name}"),
    "AWS::IAM::Role": ("iam", "role/{name}"),
    "AWS::SNS::Topic": ("sns", "{name}"),
    "AWS::Events::Rule": ("events", "rule/{name}"),
    "AWS::Scheduler::Schedule": ("scheduler", "schedule/default/{name}"),
    "AWS::Logs::LogGroup": ("logs", "log-group:{name}:*"),
}
_NAME_PROPERTIES = (
    "FunctionName",
    "TableName",
    "QueueName",
    "BucketName",
    "TopicName",
    "RoleName",
    "LogGroupName",
    "AliasName",
    "Name",
)
_MISSING = {
    "ResourceNotFoundException",
    "NonExistentQueue",
    "QueueDoesNotExist",
    "NotFoundException",
    "NoSuchBucket",
    "NotFound",
    "404",
}


class KeptKeysDifferError(ValueError):
    """A kept table has other keys than the template's; nothing was changed."""


class Resources:
    """The template's resources on one endpoint: ``reference`` is ``Ref``, ``attribute`` is ``Fn::GetAtt``."""

    def __init__(
        self, aws: Aws, template: Mapping[str, Any], pseudo: Mapping[str, str], base_url: str, *, own: bool
    ) -> None:
        """``own`` says that the endpoint is this run's, so that kept queues may be given the template's settings."""
        self._aws = aws
        self._template = template["Resources"]
        self._account, self._region = pseudo["AWS::AccountId"], pseudo["AWS::Region"]
        self._stack = pseudo["AWS::StackName"]
        self._base_url, self._own = base_url, own
        self._made: dict[str, dict[str, Any]] = {}
        self._making: list[str] = []
        self.properties: Callable[[str], dict[str, Any]]
        self._makers: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
            "AWS::DynamoDB::Table": self._table,
            "AWS::SQS::Queue": self._queue,
            "AWS::KMS::Key": self._key,
            "AWS::KMS::Alias": self._alias,
            "AWS::S3::Bucket": self._bucket,
            "AWS::SecretsManager::Secret": self._secret,
        }

    @property
    def makes(self) -> frozenset[str]:
        """The resource types that are really made."""
        return frozenset(self._makers)

    def reference(self, logical_id: str) -> Any:
        """What ``Ref`` gives; makes the resource first if it has to."""
        return self._attributes(logical_id)["Ref"]

    def attribute(self, logical_id: str, name: str) -> Any:
        """What ``Fn::GetAtt`` gives; an attribute the local run does not know is a ``ValueError``."""
        attributes = self._attributes(logical_id)
        if name not in attributes:
            raise ValueError(f"The local run does not know the attribute {logical_id}.{name}.")
        return attributes[name]

    def _attributes(self, logical_id: str) -> dict[str, Any]:
        if logical_id not in self._template:
            raise ValueError(f"The template has no resource {logical_id!r}.")
        if logical_id not in self._made:
            if logical_id in self._making:
                raise ValueError(f"Resources refer to each other in a circle: {' > '.join(self._making)}.")
            self._making.append(logical_id)
            try:
                self._made[logical_id] = self._make(logical_id)
            finally:
                self._making.pop()
        return self._made[logical_id]

    def _make(self, logical_id: str) -> dict[str, Any]:
        kind = self._template[logical_id]["Type"]
        if kind in self._makers:
            return self._makers[kind](logical_id, self.properties(logical_id))
        if kind == "AWS::Lambda::Alias":
            declared = self._template[logical_id]["Properties"]
            return {"Ref": f"{self.attribute(declared['FunctionName']['Ref'], 'Arn')}:{declared['Name']}"}
        if kind.startswith("AWS::ApiGatewayV2::Api"):
            return {"Ref": "local", "ApiId": "local", "ApiEndpoint": self._base_url}
        name = self._name(logical_id, self._own_names(logical_id))
        service, path = _ARN_PATHS.get(kind, ("local", "{name}"))
        arn = self._arn(service, path.format(name=name))
        return {"Ref": arn if kind == "AWS::SNS::Topic" else name, "Arn": arn, "TopicArn": arn, "Name": name}

    def _own_names(self, logical_id: str) -> dict[str, Any]:
        """Only the naming properties: resolving all of them could go in circles through policies and targets."""
        declared = self._template[logical_id].get("Properties", {})
        names = {key: declared[key] for key in _NAME_PROPERTIES if key in declared}
        return {key: value for key, value in names.items() if isinstance(value, str)}

    def _name(self, logical_id: str, properties: Mapping[str, Any]) -> str:
        given = next((properties[key] for key in _NAME_PROPERTIES if properties.get(key)), None)
        return str(given or f"{self._stack}-{logical_id}")

    def _arn(self, service: str, path: str) -> str:
        region = "" if service == "iam" else self._region
        return f"arn:aws:{service}:{region}:{self._account}:{path}"

    def _table(self, logical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        client = self._aws.client("dynamodb")
        name = self._name(logical_id, properties)
        kept = _unless_missing(lambda: describe_table(client, name))
        if kept is None:
            kept = create_table(client, name, properties)
        elif wrong := differences(properties, kept):
            raise KeptKeysDifferError(f"The kept table {name} has other keys than the template: {'; '.join(wrong)}.")
        kept = follow_settings(client, name, properties, kept)
        return {"Ref": name, "Arn": kept["TableArn"], "StreamArn": kept.get("LatestStreamArn")}

    def _queue(self, logical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        client = self._aws.client("sqs")
        fifo = ".fifo" if str(properties.get("FifoQueue", "")).lower() == "true" else ""
        name = self._name(logical_id, properties).removesuffix(".fifo") + fifo
        attributes = {
            key: str(properties[key]).lower() if isinstance(properties[key], bool) else str(properties[key])
            for key in _QUEUE_ATTRIBUTES
            if key in properties
        }
        if "RedrivePolicy" in properties:
            attributes["RedrivePolicy"] = json.dumps(properties["RedrivePolicy"])
        url = _unless_missing(lambda: client.get_queue_url(QueueName=name)["QueueUrl"])
        if url is None:
            url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        elif self._own and attributes:
            client.set_queue_attributes(QueueUrl=url, Attributes=attributes)
        arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return {"Ref": url, "Arn": arn, "QueueName": name, "QueueUrl": url}

    def _key(self, logical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        client = self._aws.client("kms")
        # A key has no name of its own to be found by at the next start; an alias is one.
        alias = f"alias/{self._stack}-{logical_id}"
        known = _unless_missing(lambda: client.describe_key(KeyId=alias)["KeyMetadata"])
        if known is None:
            wanted = {key: properties[key] for key in ("KeySpec", "KeyUsage", "Description") if key in properties}
            known = client.create_key(**wanted)["KeyMetadata"]
            client.create_alias(AliasName=alias, TargetKeyId=known["KeyId"])
        return {"Ref": known["KeyId"], "KeyId": known["KeyId"], "Arn": known["Arn"]}

    def _alias(self, logical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        client, name, target = self._aws.client("kms"), properties["AliasName"], properties["TargetKeyId"]
        if _unless_missing(lambda: client.describe_key(KeyId=name)) is None:
            client.create_alias(AliasName=name, TargetKeyId=target)
        return {"Ref": name, "Arn": self._arn("kms", name)}

    def _bucket(self, logical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        client = self._aws.client("s3")
        name = self._name(logical_id, properties).lower()
        kept = _unless_missing(lambda: client.head_bucket(Bucket=name)) is not None
        if not kept:
            create_bucket(client, name, self._region)
        if self._own or not kept:
            follow_settings_of_bucket(client, name, properties)
        return {"Ref": name, "Arn": f"arn:aws:s3:::{name}", "DomainName": f"{name}.s3.amazonaws.com"}

    def _secret(self, logical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        client = self._aws.client("secretsmanager")
        name = self._name(logical_id, properties)
        arn = _unless_missing(lambda: client.describe_secret(SecretId=name)["ARN"])
        if arn is None:
            arn = client.create_secret(Name=name, SecretString=self._secret_text(properties))["ARN"]
        return {"Ref": arn, "Id": arn}

    def _secret_text(self, properties: Mapping[str, Any]) -> str:
        if "SecretString" in properties:
            return str(properties["SecretString"])
        wanted = dict(properties.get("GenerateSecretString", {}))
        key, document = wanted.pop("GenerateStringKey", None), wanted.pop("SecretStringTemplate", "{}")
        text: str = self._aws.client("secretsmanager").get_random_password(**wanted)["RandomPassword"]
        return text if key is None else json.dumps({**json.loads(document), key: text})


def _unless_missing(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except ClientError as error:
        if code_of(error) in _MISSING:
            return None
        raise
