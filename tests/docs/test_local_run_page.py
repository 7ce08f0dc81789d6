"""docs/local-run.md against what the template declares."""

from tests.support.pages import text
from tests.support.template import functions, resources

PAGE = text("docs/local-run.md")


def test_the_start_counts_the_functions_and_routes_of_the_template() -> None:
    routes = [event for each in functions() for event in each.events if event["Type"] == "HttpApi"]

    assert f"\nloading {len(functions())} functions, {len(routes)} routes\n" in PAGE


def test_the_template_has_no_functions_that_this_count_leaves_out() -> None:
    assert resources("AWS::Lambda::Function") == {}
