"""Scripts that mean harm, by what they try. Each runs through the whole engine in ``test_hostile_scripts``."""

from tests.support.hostile.code import CODE
from tests.support.hostile.forgery import FORGERY
from tests.support.hostile.loops import TIME
from tests.support.hostile.memory import MEMORY
from tests.support.hostile.script import Hostile
from tests.support.hostile.stack import STACK

SCRIPTS = [*TIME, *MEMORY, *STACK, *CODE, *FORGERY]

__all__ = ["SCRIPTS", "Hostile"]
