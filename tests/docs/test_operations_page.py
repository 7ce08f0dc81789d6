"""docs/operations.md: what its commands name is there, in the template, the management command and AWS's own API."""

import re
import shlex
from collections.abc import Iterator

import botocore.session
import pytest
from botocore import xform_name

from interactor_cli.arguments import parser
from tests.support.pages import blocks, code, rows, section, text
from tests.support.template import template, triggers

PAGE = text("docs/operations.md")
PAGES = [PAGE, text("docs/deploy.md"), text("README.md")]
OWN_OPTIONS = {"query", "output", "cli-input-json"}
"""Of the AWS command line itself."""
AWS = botocore.session.get_session()


TEMPLATE = template()


def commands() -> Iterator[str]:
    """The commands of the page, in blocks and within a line; a continued one is one line."""
    inline = [each for each in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", PAGE) if re.match(r"aws \S+ \S", each)]
    for block in [*blocks(PAGE, "sh"), *inline]:
        yield from block.replace("\\\n", " ").splitlines()


def called(program: str) -> list[list[str]]:
    """The words of every call of a program, without what a shell does around it."""
    found = []
    for line in commands():
        plain = re.sub(r"\$\((?:output|physical) [^)]*\)", "VALUE", line)
        words = shlex.shlex(plain, posix=True, punctuation_chars=True)
        words.wordchars += "$*:"
        listed = list(words)
        for place, word in enumerate(listed):
            if word == program:
                rest = listed[place + 1 :]
                ends = [number for number, each in enumerate(rest) if set(each) <= set("();<>|&")]
                found.append(rest[: min(ends, default=len(rest))])
    return found


@pytest.mark.parametrize("words", called("$ADMIN"), ids=" ".join)
def test_the_management_command_understands(words: list[str]) -> None:
    parser().parse_args(words)


@pytest.mark.parametrize("words", called("aws"), ids=lambda words: " ".join(words[:2]))
def test_aws_has_the_command_and_its_options(words: list[str]) -> None:
    service, command, *rest = words
    client = AWS.get_service_model(service)
    operations = {xform_name(name, "-"): name for name in client.operation_names}
    if command == "wait":
        waiter = AWS.get_waiter_model(service).get_waiter(rest.pop(0).title().replace("-", ""))
        command = xform_name(waiter.operation, "-")
    shape = client.operation_model(operations[command]).input_shape
    known = {xform_name(member, "-") for member in shape.members} | OWN_OPTIONS
    for word in rest:
        if word.startswith("--"):
            assert word.removeprefix("--").removeprefix("no-") in known, f"{command} has no {word}"


def test_it_has_commands() -> None:
    assert len(called("aws")) > 15
    assert len(called("$ADMIN")) > 8


def test_every_output_that_a_command_reads_is_in_the_template() -> None:
    named = {each for page in PAGES for each in re.findall(r"(?<!-)output (\w+)\)", page)}
    named |= {code(row[0]) for row in rows(section(PAGE, "Dead-letter queues"))}
    named |= set(re.findall(r"\b(\w+QueueUrl)\b", PAGE))

    assert named
    assert named <= TEMPLATE["Outputs"].keys()


def test_every_queue_that_takes_what_failed_is_on_the_page() -> None:
    documented = {code(row[0]).removesuffix("Url") for row in rows(section(PAGE, "Dead-letter queues"))}
    fed = {"StepsQueue", "WebhooksQueue", "RelayRetryQueue", "MailsQueue"}

    queues = {name for name, each in TEMPLATE["Resources"].items() if each["Type"] == "AWS::SQS::Queue"}
    assert documented == queues - fed


def test_every_alarm_is_on_the_page() -> None:
    documented = [code(row[0]) for row in rows(section(PAGE, "Alarms"))]

    assert documented == [n for n, each in TEMPLATE["Resources"].items() if each["Type"] == "AWS::CloudWatch::Alarm"]


def test_every_widget_of_the_dashboard_is_on_the_page() -> None:
    titles = re.findall(r'^ +"title": "([^"]+)"', text("template.yaml"), re.MULTILINE)

    assert [row[0] for row in rows(section(PAGE, "Dashboard"))] == titles


def test_the_resources_that_it_names_are_in_the_template() -> None:
    named = set(re.findall(r"physical (\w+)\)", PAGE)) | set(re.findall(r"`(\w+(?:Group|Key|Function))`", PAGE))

    assert named - {"NEW_KEY"} <= TEMPLATE["Resources"].keys()


def test_the_parameters_that_it_sets_are_in_the_template() -> None:
    named = set(re.findall(r"--parameter-overrides (\w+)=", PAGE))
    table = [row[1] for row in rows(section(PAGE, "Limits"))]
    named |= {name for cell in table if "template" not in cell for name in re.findall(r"`([A-Z]\w+)`", cell)}

    assert named
    assert named <= TEMPLATE["Parameters"].keys()


def test_the_price_of_an_idle_stack_counts_what_the_template_has() -> None:
    """What is made only where a parameter asks for it is told beside."""
    made = {name: each for name, each in TEMPLATE["Resources"].items() if "Condition" not in each}
    kinds = [each["Type"] for each in made.values()]
    words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    words += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"]
    alarms = [each["Properties"] for each in made.values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    queries = sum("SELECT" in str(each) for each in alarms)
    asked_for = [part for each in alarms for part in each.get("Metrics", []) if "Fn::If" in part]
    metrics = sum(str(each).count("'MetricName'") for each in alarms) - len(asked_for)
    costs = section(PAGE, "What it costs")

    assert f"{words[kinds.count('AWS::KMS::Key')]} KMS keys" in costs
    assert f"{words[len(alarms)]} alarms on {words[metrics]} metrics" in costs
    assert f"{words[queries]} on what is throttled" in costs
    assert f"{words[kinds.count('AWS::CloudWatch::Dashboard')]} dashboard" in costs
    assert f"polling {words[len([each for each in triggers() if each.queue in made])]} queues" in costs
