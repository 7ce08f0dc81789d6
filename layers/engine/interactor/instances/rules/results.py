"""Where the result of an HTTP action goes (ruling 7)."""

from collections.abc import Mapping

from interactor.core.jsons import Json, JsonObject
from interactor.core.paths import MISSING, look_up
from interactor.definitions.rules.model import Output, State
from interactor.instances.rules.layers import RESULTS, Written, writer


class NoPlaceError(Exception):
    """The result cannot be stored. ``str()`` of the error says why."""


def refusal(state: State, data: JsonObject, writers: Mapping[str, str]) -> str | None:
    """Return why a result of this state could not be stored.

    This is checked before the call, because the call has effects.
    """
    try:
        place(state, {"status": 0, "body": None}, data, writers)
    except NoPlaceError as error:
        return str(error)
    return None


def place(state: State, result: JsonObject, data: JsonObject, writers: Mapping[str, str]) -> Written:
    """Return the top-level keys that change when ``result`` (``{"status", "body"}``) is stored, and the paths.

    Without ``output`` it goes to the state's own name, unless another state or an input changed that key last: an
    outside service must not be able to write ``approved``. Then it goes to ``results.<state name>``.

    Raises:
        NoPlaceError: something that is no object is in the way.
    """
    if state.output is not None:
        return _put_out(state.output, state.name, result, data)
    if state.name not in data or writers.get(state.name) == writer(state.name):
        return Written({state.name: result})
    results = data.get(RESULTS, {})
    if not isinstance(results, dict):
        raise NoPlaceError(f"workflow_data.{state.name} is taken and workflow_data.results is not an object")
    return Written({RESULTS: {**results, state.name: result}}, ((RESULTS, state.name),))


def _put_out(output: Output, name: str, result: JsonObject, data: JsonObject) -> Written:
    value: Json = result
    if output.extract is not None:
        found = {key: look_up(result, path.split(".")) for key, path in output.extract.items()}
        value = {key: None if each is MISSING else each for key, each in found.items()}
    parts = (output.path or name).split(".")
    old = look_up(data, parts)
    paths = [tuple(parts)]
    if output.mode == "merge" and isinstance(old, dict) and isinstance(value, dict):
        paths = [(*parts, key) for key in value]
        value = {**old, **value}
    values = {parts[0]: _nested(data.get(parts[0], {}), parts, value)}
    return Written(values, tuple(path for path in paths if len(path) > 1))


def _nested(container: Json, parts: list[str], value: Json) -> Json:
    if len(parts) == 1:
        return value
    if not isinstance(container, dict):
        raise NoPlaceError(f"the output path '{'.'.join(parts)}' leads through a value that is not an object")
    return {**container, parts[1]: _nested(container.get(parts[1], {}), parts[1:], value)}
