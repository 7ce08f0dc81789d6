"""GET /workflows/errors: the errors of all workflows, newest first, with a summary."""

from functools import partial

from interactor.access.rules.principal import Principal
from interactor.api import events, views
from interactor.api.endpoint import endpoint
from interactor.api.paging import Paging
from interactor.api.request import Request
from interactor.api.response import Response, ok
from interactor.core.jsons import JsonObject
from interactor.core.times import iso
from interactor.instances import failures
from interactor.instances.store.failures import KEPT
from interactor.instances.store.failures import page as read_page
from interactor.runtime import runtime


@endpoint("workflows:read", query=("since", "until", "workflow_name", "error_code", "limit", "cursor"))
def handler(request: Request, principal: Principal) -> Response:
    """Answer a page of errors; the first one comes with the summary."""
    now = runtime().world.now()
    wrong: list[JsonObject] = []
    since, until = events.moment(request, "since", wrong), events.moment(request, "until", wrong)
    events.refuse(wrong)
    oldest, newest = now - KEPT, now + 1
    wanted = failures.Wanted(
        min(max(since or oldest, oldest), newest),
        max(min(until or newest, newest), oldest + 1),
        request.query.get("workflow_name"),
        request.query.get("error_code"),
    )
    paging = Paging(request, principal)
    read = partial(read_page, runtime().table, principal.account)
    found, position = failures.page(read, principal, wanted, paging.position, paging.limit)
    shown = [_view(each) for each in found]
    summary = {"summary": failures.summary(read, principal, wanted)} if paging.position is None else {}
    return ok(views.page("errors", shown, paging.cursor(position)) | summary)


def _view(failure: JsonObject) -> JsonObject:
    return {key: value for key, value in failure.items() if key != "at"} | {"timestamp": iso(failure["at"])}
