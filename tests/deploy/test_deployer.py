"""What whoever deploys may have to do, on docs/deploy.md: compared with AWS's own description of each type of resource.

cfn-lint has these descriptions, with the permissions that CloudFormation's handlers use. They name what any resource of
a type could need; what this template never does is left out here, by name. What they do not say was not tried on AWS.
"""

import json
import re
import subprocess
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from local.settings import aws_python
from local.transform import transformed
from tests.deploy.test_tools import SAM
from tests.support.pages import code, rows, section, text
from tests.support.template import TEMPLATE

READ_SCHEMAS = """
import json, pathlib, sys, cfnlint
found = {}
for path in (pathlib.Path(cfnlint.__file__).parent / "data/schemas/resources").glob("*.json"):
    schema = json.loads(path.read_text("utf-8"))
    if schema.get("typeName") in sys.argv[1:]:
        handlers = schema.get("handlers", {}).values()
        names = [name for handler in handlers for name in handler.get("permissions", [])]
        found[schema["typeName"]] = sorted(set(names) | set(found.get(schema["typeName"], [])))
print(json.dumps(found))
"""

BESIDES = {
    # sam deploy itself: the stack, SAM's transform, and the bucket with the code.
    *("cloudformation:CreateChangeSet", "cloudformation:DeleteStack", "cloudformation:DescribeChangeSet"),
    *("cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks", "cloudformation:ExecuteChangeSet"),
    *("cloudformation:GetTemplate", "cloudformation:GetTemplateSummary", "cloudformation:ListStackResources"),
    "s3:PutObject",
    *("s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:PutBucketPolicy"),
    # An access log of an HTTP API is a delivery of logs.
    *("logs:DeleteLogDelivery", "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:UpdateLogDelivery"),
}
UNUSED = (
    # Replicas, imports, streams to Kinesis, insights, resource policies and customer keys of tables; their items.
    *("dynamodb:*Replica", "dynamodb:*Item", "dynamodb:*Import*", "dynamodb:*KinesisStreamingDestination"),
    *("dynamodb:UpdateContributorInsights", "dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy"),
    *("dynamodb:Query", "dynamodb:Scan", "kinesis:*"),
    # Customer keys of anything.
    *("kms:CreateGrant", "kms:RevokeGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"),
    # Signed code, file systems, provisioned concurrency, capacity providers, runtimes held back.
    *("lambda:*CodeSigningConfig", "lambda:*ProvisionedConcurrencyConfig", "lambda:*ScalingConfig"),
    *("lambda:PassCapacityProvider", "lambda:PutRuntimeManagementConfig", "lambda:AssociateRuntimeAlias"),
    *("elasticfilesystem:*", "s3files:*", "firehose:*", "s3tables:*"),
    # Streams of logs, data protection, index policies and keys of log groups.
    *("logs:*LogStream*", "logs:PutLogEvents", "logs:*DataProtectionPolicy", "logs:*IndexPolic*", "logs:*KmsKey"),
    *("logs:PutBearerTokenAuthentication", "logs:PutLogGroupDeletionProtection", "logs:DeleteResourcePolicy"),
    # Websites, replication, inventories, acceleration, object lock, notifications and tables of buckets.
    *("s3:*Table*", "s3:*Website", "s3:PutReplicationConfiguration", "s3:*BucketReplication", "s3:PutInventory*"),
    *("s3:PutAccelerateConfiguration", "s3:Put*ObjectLockConfiguration", "s3:PutBucketNotification", "s3:REST*"),
    *("s3:PutIntelligentTieringConfiguration", "s3:PutMetricsConfiguration", "s3:DeleteBucketMetricsConfiguration"),
    *("s3:*Analytics*", "s3:PutBucketLogging", "s3:*Abac", "s3:*Acl", "s3:DeleteObject", "s3:getObject"),
    *("s3:GetObjectMetadata",),
    # Groups, users and boundaries.
    *("iam:*GroupPolicy", "iam:*UserPolicy", "iam:*PermissionsBoundary"),
    *("codedeploy:RegisterOnPremisesInstance",),
)


@pytest.fixture(scope="module")
def kinds(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every type of resource that a stack can have, gradual deployments among them."""
    gradual = re.sub(
        r'(GradualDeployments:\n    Type: String\n    Default: )"false"', r'\1"true"', TEMPLATE.read_text("utf-8")
    )
    path = tmp_path_factory.mktemp("deployer") / "template.yaml"
    path.write_text(gradual, "utf-8")
    made = transformed(aws_python(), path, "eu-west-1", shared / "transformed").template
    return {resource["Type"] for resource in made["Resources"].values()}


def test_the_page_lists_what_cloudformation_asks_for_in_the_deployers_name(kinds: set[str]) -> None:
    command = [SAM / "python", "-c", READ_SCHEMAS, *sorted(kinds)]
    schemas = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    asked = {action for actions in schemas.values() for action in actions}
    needed = {action for action in asked if not any(fnmatchcase(action, each) for each in UNUSED)} | BESIDES
    by_service: dict[str, set[str]] = defaultdict(set)
    for action in needed:
        service, name = action.split(":")
        by_service[service].add(name)
    table = rows(section(text("docs/deploy.md"), "Permissions"))
    documented = {code(row[0]): set(re.findall(r"`(\w+)`", row[1])) for row in table}

    assert schemas.keys() == kinds
    assert documented == by_service


def test_what_is_left_out_is_still_something_that_could_be_asked_for(kinds: set[str]) -> None:
    command = [SAM / "python", "-c", READ_SCHEMAS, *sorted(kinds)]
    schemas = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    asked = {action for actions in schemas.values() for action in actions}

    assert [each for each in UNUSED if not any(fnmatchcase(action, each) for action in asked)] == []
