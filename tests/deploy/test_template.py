"""What template.yaml promises beyond being valid."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from interactor.api.openapi.document import document
from interactor.aws.dynamo import keys
from layers import stamp
from local.settings import aws_python
from local.transform import transformed
from tests.support.pages import code, rows, section, text
from tests.support.template import ROOT, TEMPLATE, Function, functions, named, resources, strings, template

FUNCTIONS = functions()
QUEUES = resources("AWS::SQS::Queue")
each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.folder)

FILES = "${FilesBucket.Arn}/*"
CALLED_BY_OTHERS = {"run_script"}
ITS_OWN_NAME = ("run_script", "SCRIPT_FUNCTION")
"""A variable that a function has empty, since a reference to itself would lead in a circle."""
RESERVED = "ReservedConcurrentExecutions"
API_GATEWAY_SECONDS = 30
"""After this an HTTP API gives up waiting for its function."""


def test_every_function_has_a_folder_and_every_folder_a_function() -> None:
    folders = {path.parent.name for path in ROOT.glob("functions/*/app.py")}

    assert folders == {function.folder for function in FUNCTIONS}


@each_function
def test_a_function_is_called_like_its_folder_and_has_a_trigger(function: Function) -> None:
    assert function.logical_id == f"{function.folder.title().replace('_', '')}Function"
    assert function.properties["CodeUri"] == f"functions/{function.folder}/"
    assert function.properties["Description"]
    assert bool(function.events) == (function.folder not in CALLED_BY_OTHERS)


def test_scripts_run_in_a_function_that_may_do_nothing() -> None:
    """And that nobody calls but those who have scripts run or parsed."""
    (role,) = [each for name, each in resources("AWS::IAM::Role").items() if name == "RunScriptFunctionRole"]
    assert role.keys() == {"AssumeRolePolicyDocument"}
    script = next(function for function in FUNCTIONS if function.folder == "run_script")
    assert script.properties["Role"] == {"Fn::GetAtt": "RunScriptFunctionRole.Arn"}
    assert "Policies" not in script.properties
    assert script.properties["Tracing"] == "PassThrough", "Lambda makes no function that traces and may not"
    assert script.properties["Timeout"] < 15, "who calls it waits longer"
    calling = {
        function.folder
        for function in FUNCTIONS
        if any(statement["Action"] == ["lambda:InvokeFunction"] for statement in function.statements)
    }
    assert calling == {
        *("act_on_task", "advance_steps", "create_instance", "create_version", "create_workflow", "manage_task"),
        *("respond_to_tasks", "resume_instance", "resume_thread", "retry_instance", "validate_workflow"),
    }


def test_every_name_that_is_made_of_the_stacks_fits_for_a_name_of_64_characters() -> None:
    """docs/deploy.md says 64. What has no name here is named by CloudFormation, which cuts it to what is allowed."""
    longest = {"QueueName": 80, "AliasName": 256, "DashboardName": 255}
    given = [
        (member, value["Fn::Sub"] if "Fn::Sub" in value else f"${{{value['Ref']}}}")
        for resource in template()["Resources"].values()
        for member, value in resource.get("Properties", {}).items()
        if member.endswith("Name") and "AWS::StackName" in str(value)
    ]

    assert {member for member, _ in given} == longest.keys()
    lengths = [(longest[member], len(name.replace("${AWS::StackName}", "s" * 64))) for member, name in given]
    assert all(length <= most for most, length in lengths)
    assert (80, 80) in lengths, "one character more is too many"


def test_nothing_else_is_given_a_name_of_its_own() -> None:
    named_here = {
        each["Type"]
        for each in template()["Resources"].values()
        if {"FunctionName", "RoleName", "TableName", "BucketName", "LogGroupName", "ManagedPolicyName", "AlarmName"}
        & each.get("Properties", {}).keys()
    }
    assert named_here == set()


@each_function
def test_a_function_with_a_role_of_another_has_no_policies_that_sam_would_pass_over(function: Function) -> None:
    if "Role" in function.properties:
        assert "Policies" not in function.properties
        owner = template()["Resources"].get(function.role.removesuffix("Role"))
        assert function.role in resources("AWS::IAM::Role") or "Role" not in owner["Properties"]


@each_function
def test_a_function_is_deployed_as_it_stands(function: Function) -> None:
    """Without SkipBuild, sam would look for a Python of the runtime's version and for Docker."""
    assert template()["Resources"][function.logical_id]["Metadata"] == {"SkipBuild": True}
    assert function.properties["Layers"] == [{"Ref": "DependenciesLayer"}, {"Ref": "EngineLayer"}]
    assert function.properties["Architectures"] == [{"Ref": "Architecture"}]


def test_no_two_functions_have_the_same_route() -> None:
    routes = Counter(
        (route.get("Method"), re.sub(r"\{\w+\}", "{}", route.get("Path", "$default")))
        for function in FUNCTIONS
        for route in function.triggers("HttpApi")
    )

    assert [route for route, count in routes.items() if count > 1] == []
    assert (None, "$default") in routes


def test_a_get_can_write_nothing_but_rate_counters() -> None:
    """So that no link, preview or crawler ever decides: the role of a GET has no permission to."""
    reading = [
        function
        for function in FUNCTIONS
        if {route.get("Method", "").upper() for route in function.triggers("HttpApi")} == {"GET"}
    ]
    assert len(reading) > 10
    harmless = re.compile(r"(dynamodb:(BatchGetItem|GetItem|Query)|kms:(GenerateMac|GetPublicKey)|s3:Get\w+)")
    for function in reading:
        for statement in function.statements:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            if not all(harmless.fullmatch(action) for action in actions):
                keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
                assert keys == ["A#*#L"], f"{function.folder} may do {actions}"


@each_function
def test_a_request_is_answered_before_the_gateway_gives_up(function: Function) -> None:
    if function.triggers("HttpApi"):
        assert function.properties["Timeout"] < API_GATEWAY_SECONDS


@each_function
def test_a_function_may_only_do_named_things_to_named_resources(function: Function) -> None:
    for statement in function.statements:
        assert statement["Effect"] == "Allow"
        assert all(re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action) for action in statement["Action"]), statement["Action"]
        listed = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        for resource in listed:
            text, *_ = strings(resource)
            # The names that are not known before: an account's secret, within the stack's own prefix, and files.
            assert "*" not in text or text.endswith(":secret:${AWS::StackName}/accounts/*") or text == FILES


@each_function
def test_what_a_function_may_use_it_has_the_name_of(function: Function) -> None:
    texts = list(strings(list(function.variables.values())))
    given = {*texts, *re.findall(r"\$\{(\w+)\}", " ".join(texts))}
    for statement in function.statements:
        for name in strings(statement["Resource"]):
            used = re.match(r"(?:\$\{)?(\w+)\.Arn", name)
            if used:
                assert used[1] in given, statement


def test_a_variable_has_one_value_in_all_functions() -> None:
    values: dict[str, Any] = {}
    for function in FUNCTIONS:
        for name, value in function.variables.items():
            if (function.folder, name) == ITS_OWN_NAME:
                continue
            assert values.setdefault(name, value) == value, f"{name} of {function.logical_id}"


@each_function
def test_a_function_does_not_repeat_a_common_variable(function: Function) -> None:
    own = {name: value for name, value in function.own_variables.items() if (function.folder, name) != ITS_OWN_NAME}
    assert not own.keys() & function.common_variables.keys()


@each_function
def test_a_queue_that_feeds_a_function_gives_up_into_a_dead_letter_queue(function: Function) -> None:
    for trigger in function.triggers("SQS"):
        queue = QUEUES[named(trigger["Queue"])]
        assert named(queue["RedrivePolicy"]["deadLetterTargetArn"]) in QUEUES
        assert queue["VisibilityTimeout"] > function.properties["Timeout"]
        if trigger["BatchSize"] > 1:
            assert trigger["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@each_function
def test_a_queue_wakes_as_many_workers_as_a_parameter_says(function: Function) -> None:
    """From 2 to 1,000, which are Lambda's own bounds."""
    for trigger in function.triggers("SQS"):
        parameter = template()["Parameters"][named(trigger["ScalingConfig"]["MaximumConcurrency"])]
        assert (parameter["Type"], parameter["MinValue"], parameter["MaxValue"]) == ("Number", 2, 1000)
        assert 2 <= parameter["Default"] <= 1000


def test_concurrency_is_set_aside_for_the_clock_and_the_relay_where_an_owner_says_so() -> None:
    """A new account has 10, and Lambda refuses to reserve any of them: so none by default."""
    reserving = {f.folder: f.properties[RESERVED] for f in FUNCTIONS if RESERVED in f.properties}

    assert reserving.keys() == {"tick_clock", "relay_events"}
    for condition, parameter, otherwise in (reserved["Fn::If"] for reserved in reserving.values()):
        assert otherwise == {"Ref": "AWS::NoValue"}
        assert template()["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [parameter, 0]}]}
        assert template()["Parameters"][named(parameter)]["Default"] == 0
        assert template()["Parameters"][named(parameter)]["MinValue"] == 0


@each_function
def test_a_stream_that_feeds_a_function_gives_up_into_a_queue(function: Function) -> None:
    for trigger in function.triggers("DynamoDB"):
        assert named(trigger["DestinationConfig"]["OnFailure"]["Destination"]) in QUEUES
        assert 0 < trigger["MaximumRetryAttempts"] <= 100
        assert trigger["BisectBatchOnFunctionError"]
        assert trigger["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@each_function
def test_a_function_that_is_called_asynchronously_fails_into_a_queue(function: Function) -> None:
    if function.triggers("Schedule") or function.triggers("ScheduleV2"):
        destination = function.properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        assert named(destination["Destination"]) in QUEUES


@each_function
def test_a_function_that_sends_to_its_own_queue_is_not_stopped_as_a_loop(function: Function) -> None:
    fed_by = {named(trigger["Queue"]) for trigger in function.triggers("SQS")}
    sends_to = {
        named(resource)
        for statement in function.statements
        if "sqs:SendMessage" in statement["Action"]
        for resource in (statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]])
    }

    assert (function.properties.get("RecursiveLoop") == "Allow") == bool(fed_by & sends_to)


def test_the_relay_is_called_for_inserted_history_records_only() -> None:
    (relay,) = [function for function in FUNCTIONS if function.triggers("DynamoDB")]
    (trigger,) = relay.triggers("DynamoDB")
    (criteria,) = trigger["FilterCriteria"]["Filters"]

    assert json.loads(criteria["Pattern"]) == {
        "eventName": ["INSERT"],
        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "H#"}]}}},
    }


def test_whatever_is_given_up_raises_an_alarm() -> None:
    """But for ExhaustedQueue: a subscriber's dead endpoint is no incident of ours."""
    given_up_into = {
        named(queue["RedrivePolicy"]["deadLetterTargetArn"]) for queue in QUEUES.values() if "RedrivePolicy" in queue
    }
    given_up_into |= {
        named(trigger["DestinationConfig"]["OnFailure"]["Destination"])
        for function in FUNCTIONS
        for trigger in function.triggers("DynamoDB")
    }
    given_up_into |= {
        named(function.properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"])
        for function in FUNCTIONS
        if "EventInvokeConfig" in function.properties
    }
    watched = {
        named(dimension["Value"])
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        for dimension in alarm.get("Dimensions", [])
        if dimension["Name"] == "QueueName" and alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }

    assert watched == given_up_into
    assert (
        given_up_into | {named(t["Queue"]) for f in FUNCTIONS for t in f.triggers("SQS")} | {"ExhaustedQueue"}
        == QUEUES.keys()
    )


def test_the_errors_of_every_worker_raise_an_alarm() -> None:
    """A worker is what no route calls. A failed run of the clock goes to a queue that has an alarm of its own."""
    workers = {each.logical_id for each in FUNCTIONS if not each.triggers("HttpApi")}
    elsewhere = {each.logical_id for each in FUNCTIONS if "EventInvokeConfig" in each.properties}
    alarm = resources("AWS::CloudWatch::Alarm")["WorkerErrorAlarm"]
    (total, *watched) = [each["Fn::If"][1] if "Fn::If" in each else each for each in alarm["Metrics"]]
    metrics = [each["MetricStat"]["Metric"] for each in watched]

    assert {named(metric["Dimensions"][0]["Value"]) for metric in metrics} == workers - elsewhere
    assert elsewhere == {"TickClockFunction"}
    assert {(metric["Namespace"], metric["MetricName"]) for metric in metrics} == {("AWS/Lambda", "Errors")}
    assert {each["ReturnData"] for each in watched} == {False}
    assert total["Expression"] == "SUM(METRICS())"
    assert len(watched) <= 10, "as many as CloudWatch takes in one alarm"


def test_throttles_of_reads_and_writes_of_the_table_and_every_index_raise_an_alarm() -> None:
    """An index's throttles are not in the table's metrics. The query names no index, and so finds all of them."""
    alarms = resources("AWS::CloudWatch::Alarm")
    queries = [alarms[name]["Metrics"] for name in ("TableThrottleAlarm", "TableReadThrottleAlarm")]

    assert [each["Expression"]["Fn::Sub"] for query in queries for each in query] == [
        "SELECT SUM(WriteThrottleEvents) FROM \"AWS/DynamoDB\" WHERE TableName = '${Table}'",
        "SELECT SUM(ReadThrottleEvents) FROM \"AWS/DynamoDB\" WHERE TableName = '${Table}'",
    ]


@pytest.mark.parametrize("queue", QUEUES.values(), ids=QUEUES.keys())
def test_queues_are_encrypted_standard_queues(queue: dict[str, Any]) -> None:
    assert queue["SqsManagedSseEnabled"] is True
    assert "FifoQueue" not in queue


def test_clients_and_refresh_tokens_are_for_the_token_functions_alone() -> None:
    """Whatever keys a fault elsewhere could make up: the account of a client is not even known to who holds its id."""
    reaching = {
        function.folder
        for function in FUNCTIONS
        if any({"Fn::GetAtt": "Table.Arn"} in _listed(statement["Resource"]) for statement in function.statements)
    }
    bound = {
        function.folder
        for function in FUNCTIONS
        for statement in function.denied
        if statement["Condition"] == {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["C#*", "F#*"]}}
        and statement["Action"] == "dynamodb:*"
    }
    assert reaching - bound == {"create_token", "revoke_token"}
    assert keys.family("x").startswith("F#")
    assert not any(
        partition("acc", "C").startswith(("C#", "F#"))
        for partition in (keys.workflow, keys.remembered, keys.quota, keys.deliveries, keys.instance, keys.files)
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_data_outlives_its_stack_but_not_a_stack_that_never_came_to_be() -> None:
    for name in ("Table", "FilesBucket", "DataKey"):
        resource = template()["Resources"][name]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain"), name
    assert resources("AWS::DynamoDB::Table")["Table"]["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    assert template()["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_the_table_is_kept_recoverable_and_encrypted() -> None:
    table = template()["Resources"]["Table"]

    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    assert table["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["Properties"]["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}


def test_files_are_kept_encrypted_and_reached_over_tls_alone_and_by_nobody_without_a_signature() -> None:
    bucket = template()["Resources"]["FilesBucket"]
    settings = bucket["Properties"]

    assert settings["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert set(settings["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(settings["PublicAccessBlockConfiguration"]) == 4
    assert settings["VersioningConfiguration"] == {"Status": "Enabled"}
    (statement,) = resources("AWS::S3::BucketPolicy")["FilesBucketPolicy"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_who_may_do_what_with_files() -> None:
    found = {
        function.folder: {action for each in function.statements for action in each["Action"] if action[:3] == "s3:"}
        for function in FUNCTIONS
    }

    reads = {"s3:GetObject", "s3:GetObjectVersion"}
    assert {folder: actions for folder, actions in found.items() if actions} == {
        "create_file": {"s3:PutObject"},
        "get_file": reads,
        "resume_instance": reads,
        "resume_thread": reads,
        "act_on_task": reads,
        "manage_task": reads,
        "respond_to_tasks": reads,
        "advance_steps": {"s3:ListBucketVersions", "s3:DeleteObjectVersion"},
    }


def test_every_parameter_has_a_default_and_says_what_it_is() -> None:
    for name, parameter in template()["Parameters"].items():
        assert "Default" in parameter, name
        assert parameter["Description"].endswith("."), name


def test_the_console_shows_every_parameter() -> None:
    groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(template()["Parameters"])


def test_a_default_matches_the_pattern_of_its_parameter() -> None:
    for name, parameter in template()["Parameters"].items():
        if "AllowedPattern" in parameter:
            assert re.search(parameter["AllowedPattern"], str(parameter["Default"])), name


def test_the_stack_stays_below_what_cloudformation_allows(shared: Path, tmp_path: Path) -> None:
    """500 resources, 200 outputs, 200 parameters, 1 MB of template.

    SAM makes six of each function, and where deployments are gradual one more: that is what is counted here.
    """
    text = TEMPLATE.read_text("utf-8")
    gradual = re.sub(r'(GradualDeployments:\n    Type: String\n    Default: )"false"', r'\1"true"', text)
    assert gradual != text
    path = tmp_path / "template.yaml"
    path.write_text(gradual, "utf-8")
    made = transformed(aws_python(), path, "eu-west-1", shared / "transformed").template
    kinds = Counter(resource["Type"] for resource in made["Resources"].values())

    assert kinds["AWS::CodeDeploy::DeploymentGroup"] == kinds["AWS::Lambda::Function"]
    assert kinds.total() <= 450, kinds
    assert len(made["Parameters"]) < 100
    assert len(made["Outputs"]) < 100
    assert len(json.dumps(made)) < 500_000


def test_code_layers_and_settings_of_a_function_change_as_one(shared: Path) -> None:
    """Whatever calls a function calls its alias, which points to a version of all three."""
    made = transformed(aws_python(), TEMPLATE, "eu-west-1", shared / "transformed").template["Resources"]
    functions = {name for name, each in made.items() if each["Type"] == "AWS::Lambda::Function"}
    aliases = {name: each["Properties"] for name, each in made.items() if each["Type"] == "AWS::Lambda::Alias"}
    versions = {name: each["Properties"] for name, each in made.items() if each["Type"] == "AWS::Lambda::Version"}

    assert {alias["FunctionName"]["Ref"] for alias in aliases.values()} == functions
    assert {alias["FunctionVersion"]["Fn::GetAtt"][0] for alias in aliases.values()} == set(versions)
    for name, each in made.items():
        if each["Type"] in ("AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"):
            assert each["Properties"]["FunctionName"].get("Ref") in aliases, name
        if each["Type"] == "AWS::Scheduler::Schedule":
            assert each["Properties"]["Target"]["Arn"].get("Ref") in aliases, name
    (api,) = [each for each in made.values() if each["Type"] == "AWS::ApiGatewayV2::Api"]
    called = set(re.findall(r"\$\{(\w+)[^}]*\}/invocations", json.dumps(api)))
    assert called <= set(aliases)
    assert called


def test_another_release_publishes_every_function_anew(shared: Path, tmp_path: Path) -> None:
    """SAM does not see that a layer changed: else its new content would wait for a change of a function's own lines."""
    text = TEMPLATE.read_text("utf-8")
    path = tmp_path / "template.yaml"
    path.write_text(text.replace(stamp.WRITTEN, "RELEASE: '0123456789ab'\n"), "utf-8")

    def versions(template: Path) -> set[str]:
        made = transformed(aws_python(), template, "eu-west-1", shared / "transformed").template["Resources"]
        return {name for name, each in made.items() if each["Type"] == "AWS::Lambda::Version"}

    assert len(versions(path)) == len(FUNCTIONS)
    assert versions(TEMPLATE).isdisjoint(versions(path))


def test_a_line_of_the_access_log_says_what_went_wrong_and_no_query() -> None:
    """Signed links have tokens in their queries."""
    line = json.loads(resources("AWS::Serverless::HttpApi")["Api"]["AccessLogSettings"]["Format"])
    harmless = {"path", "requestId", "requestTime", "responseLatency", "routeKey", "status"}

    assert line["integration_error"] == "$context.integrationErrorMessage"
    assert {value.removeprefix("$context.") for value in line.values()} == {
        *harmless,
        *("error.responseType", "integrationErrorMessage", "integrationLatency"),
    }


def test_pages_may_send_what_the_api_takes_and_read_what_it_tells() -> None:
    """Where an owner names their origins; by default none, and never with cookies."""
    condition, rules, otherwise = resources("AWS::Serverless::HttpApi")["Api"]["CorsConfiguration"]["Fn::If"]
    operations: list[Any] = [one for path in document()["paths"].values() for one in path.values()]
    sent = {p["name"] for one in operations for p in one.get("parameters", []) if p["in"] == "header"}
    told = {name for one in operations for answer in one["responses"].values() for name in answer.get("headers", {})}
    routed = {route["Method"] for function in FUNCTIONS for route in function.triggers("HttpApi") if "Method" in route}

    assert otherwise == {"Ref": "AWS::NoValue"}
    assert template()["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "CorsOrigins"}, ""]}]}
    assert template()["Parameters"]["CorsOrigins"]["Default"] == ""
    assert rules["AllowOrigins"] == {"Fn::Split": [",", {"Ref": "CorsOrigins"}]}
    assert set(rules["AllowHeaders"]) == sent | {"Authorization", "Content-Type"}
    assert set(rules["ExposeHeaders"]) >= told
    assert set(rules["AllowMethods"]) == routed
    assert "AllowCredentials" not in rules


SENDING = {"advance_steps", "deliver_webhooks"}
"""What makes outgoing requests: an endpoint leaves its own to the step worker. (Keys of an outside issuer apart.)"""


def test_what_sends_requests_lies_in_the_network_that_an_owner_names() -> None:
    network = {
        "SubnetIds": {"Ref": "OutgoingSubnets"},
        "SecurityGroupIds": {"Ref": "OutgoingSecurityGroups"},
    }
    chosen = {"Fn::If": ["HasNetwork", network, {"Ref": "AWS::NoValue"}]}

    assert {f.folder: f.properties["VpcConfig"] for f in FUNCTIONS if "VpcConfig" in f.properties} == dict.fromkeys(
        SENDING, chosen
    )
    for name in ("OutgoingSubnets", "OutgoingSecurityGroups", "OutgoingPrivateRanges"):
        assert template()["Parameters"][name]["Default"] == ""


def test_only_what_lies_in_a_network_may_be_attached_to_it_and_its_code_may_not_attach() -> None:
    arn = "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
    attached = {"Fn::If": ["HasNetwork", {"Fn::Sub": arn}, {"Ref": "AWS::NoValue"}]}
    roles = resources("AWS::IAM::Role")
    attaching = {name for name, role in roles.items() if attached in role.get("ManagedPolicyArns", [])}
    sending = [function for function in FUNCTIONS if function.folder in SENDING]

    assert attaching == {named(function.properties["Role"]) for function in sending}
    assert arn not in set(strings([role for name, role in roles.items() if name not in attaching]))
    for function in sending:
        (denial,) = [each for each in function.denied if each["Action"] == "ec2:*"]
        assert (denial["Resource"], denial["Condition"]) == ("*", {"Null": {"lambda:SourceFunctionArn": "false"}})


def test_the_page_names_every_service_that_a_function_in_a_network_needs_a_way_to() -> None:
    used = {"bedrock-runtime"} if "HasModels" in template()["Conditions"] else set()
    for function in FUNCTIONS:
        if function.folder in SENDING:
            used |= {action.split(":")[0] for each in function.statements for action in each["Action"]}

    table = rows(section(text("docs/deploy.md"), "Private networks"))
    assert {code(row[0]) for row in table} == used


def test_no_secret_stands_in_the_template() -> None:
    text = Path(ROOT / "template.yaml").read_text()

    assert not re.search(r"AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY|whsec_|(?i:password\s*[:=])", text)
