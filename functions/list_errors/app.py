"""GET /workflows/errors: the errors of all workflows, newest first, with a summary."""

from functools import partial

from interactor.api import events, views
from interactor.api.call import Call
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.response import Response, ok
from interactor.core.jsons import JsonObject
from interactor.core.times import iso
from interactor.instances import failures
from interactor.instances.store.failures import KEPT
from interactor.instances.store.failures import page as read_page


@endpoint("workflows:read", query=("since", "until", "workflow_name", "error_code", "limit", "cursor"))
def handler(call: Call) -> Response:
    """Return a page of errors. The first page has the summary."""
    now = call.services.world.now()
    wrong: list[JsonObject] = []
    since, until = events.moment(call.request, "since", wrong), events.moment(call.request, "until", wrong)
    events.refuse(wrong)
    oldest, newest = now - KEPT, now + 1
    wanted = failures.ErrorFilter(
        min(max(since or oldest, oldest), newest),
        max(min(until or newest, newest), oldest + 1),
        call.request.query.get("workflow_name"),
        call.request.query.get("error_code"),
    )
    paging = Paging(call)
    read = partial(read_page, call.services.aws.table, call.account, shards=call.services.settings.index_shards)
    found, position = failures.page(read, call.principal, wanted, paging.position, paging.limit)
    shown = [_view(each) for each in found]
    summary = {"summary": failures.summary(read, call.principal, wanted)} if paging.position is None else {}
    return ok(views.page("errors", shown, paging.cursor(position)) | summary)


def _view(failure: JsonObject) -> JsonObject:
    return {key: value for key, value in failure.items() if key != "at"} | {"timestamp": iso(failure["at"])}
