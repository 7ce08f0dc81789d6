"""The query of a list of tasks, and its answer."""

from typing import TYPE_CHECKING, Final

from interactor.access.rules.principal import check_namespace
from interactor.api import task_views
from interactor.api.paging import Paging
from interactor.api.response import Response, ok
from interactor.api.views import page
from interactor.assignments.asked import PRIORITIES
from interactor.core.errors import ForbiddenError, InvalidRequestError
from interactor.core.times import Millis, parse_iso
from interactor.instances.store.listing import Query
from interactor.tasks import find, lists

if TYPE_CHECKING:
    from interactor.api.call import Call

QUERY: Final = ("view", "namespace", "workflow", "state", "priority", "key", "label", "due_before", "limit", "cursor")


def listed(call: "Call") -> Response:
    """Answer a page of a view.

    Raises:
        InvalidRequestError: when a filter is wrong.
        ForbiddenError: when all tasks of a namespace are asked for by somebody who does not manage them.
    """
    paging, query, principal = Paging(call), call.request.query, call.principal
    view = _one_of(query.get("view", "mine"), "view", lists.VIEWS)
    namespace = query.get("namespace")
    if namespace is not None:
        check_namespace(namespace)
    wanted = lists.Filter(
        namespace,
        query.get("workflow"),
        query.get("state"),
        None if "priority" not in query else _one_of(query["priority"], "priority", PRIORITIES),
        query.get("key"),
        () if "label" not in query else (_label(query["label"]),),
        None if "due_before" not in query else _time(query["due_before"]),
    )
    if view == "all":
        return _all(call, paging, wanted)
    services, now = call.services, call.services.world.now()
    if view == "done":
        if principal.person is None:
            return ok(page("tasks", [], None))
        done, more = services.tasks.inboxes.done_page(call.account, principal.person, paging.position, paging.limit)
        held = [each for each in done if principal.holds(each["namespace"]) and wanted.fits(each)]
        return ok(
            page(
                "tasks",
                [task_views.listed(each) for each in held],
                paging.cursor(done[-1]["task_id"] if more else None),
            )
        )
    rights = find.rights_of(services.people.directory, principal, now)
    found, position = lists.page(services.tasks.inboxes, principal, rights, view, wanted, paging.position, paging.limit)
    return ok(page("tasks", [task_views.listed(each.shown) for each in found], paging.cursor(position)))


def _all(call: "Call", paging: Paging, wanted: lists.Filter) -> Response:
    principal, services = call.principal, call.services
    if not find.manages_tasks(principal):
        raise ForbiddenError("To see all tasks needs the scope 'tasks:manage'")
    if wanted.namespace is None:
        raise _wrong("namespace", "is required with view=all")
    if not principal.holds(wanted.namespace):
        return ok(page("tasks", [], None))
    query = Query(principal.account, (wanted.namespace,), services.instances.ended_since())
    found, position = lists.page_of_all(
        services.instances.store, services.aws.table, query, wanted, paging.position, paging.limit,
        services.settings.index_shards,
    )  # fmt: skip
    return ok(page("tasks", [task_views.listed(each) for each in found], paging.cursor(position)))


def _one_of(value: str, name: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise _wrong(name, f"must be one of {', '.join(allowed)}")
    return value


def _label(value: str) -> tuple[str, str]:
    name, colon, wanted = value.partition(":")
    if not colon or not name:
        raise _wrong("label", "must be a name and a value with a colon between, as in site:north")
    return name, wanted


def _time(value: str) -> Millis:
    try:
        return parse_iso(value)
    except (ValueError, OverflowError):
        raise _wrong("due_before", "is no time such as 2026-01-20T12:00:00Z") from None


def _wrong(field: str, problem: str) -> InvalidRequestError:
    return InvalidRequestError(f"'{field}' {problem}", [{"field": field, "message": problem}])
