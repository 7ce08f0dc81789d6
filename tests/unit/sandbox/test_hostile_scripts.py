"""Whatever a script does, it ends within its time as a result or an error, and the next one runs as if alone."""

import time

import pytest

from interactor.adapters.sandbox import Sandbox
from interactor.core.logic import Failed, ScriptCall, Succeeded
from tests.unit.sandbox.hostile import SCRIPTS, Hostile

VARIABLES = {"input": {"n": 1}, "workflow_data": {}, "context": {}, "secrets": {"NAME": "s3cret"}}

# Fails if anything a script may have changed is still changed.
ORDINARY = """
console.log('ordinary', {n: input.n});
const names = ['left', 'also', 'kept', 'forged', 'script', 'polluted'];
const clean = Object.keys({}).length === 0 && !Object.isFrozen(globalThis)
  && names.every(name => !(name in globalThis) && !(name in {}) && !(name in []))
  && !('toJSON' in {}) && !('then' in {});
const list = [1, 'x'].map(x => x);
return {...input, list, text: JSON.stringify({a: [1]}), date: new Date(0), clean, key: secrets.NAME};
"""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_hostile_script_ends_and_leaves_nothing(sandbox: Sandbox, hasty: Sandbox, script: Hostile) -> None:
    # What is to end by itself gets the time for it on a slow machine too.
    used, limit = (hasty, 0.1) if script.end == "script_timeout" else (sandbox, 5)
    started = time.monotonic()
    outcome = used.run(ScriptCall(script.code, VARIABLES))
    assert time.monotonic() - started < limit + 1, outcome
    assert (outcome.code if isinstance(outcome, Failed) else "value") == script.end, outcome
    assert "crashed" not in getattr(outcome, "message", ""), outcome
    assert "forged" not in str(getattr(outcome, "value", "")).replace('x":1},"value":{"forged', ""), outcome
    assert_an_ordinary_script_runs(used)


def assert_an_ordinary_script_runs(sandbox: Sandbox) -> None:
    outcome = sandbox.run(ScriptCall(ORDINARY, VARIABLES))
    assert isinstance(outcome, Succeeded), outcome
    assert outcome.logs == ('ordinary {"n":1}',)
    assert outcome.value == {
        "n": 1,
        "list": [1, "x"],
        "text": '{"a":[1]}',
        "date": "1970-01-01T00:00:00.000Z",
        "clean": True,
        "key": "s3cret",
    }


def test_the_list_is_long_and_names_each_script_once() -> None:
    assert len(SCRIPTS) >= 100
    assert len({script.name for script in SCRIPTS}) == len(SCRIPTS)
