"""Scripts that mean harm, by what they try. Each runs through the whole engine in ``test_hostile_scripts``."""

from tests.security.hostile.code import CODE
from tests.security.hostile.forgery import FORGERY
from tests.security.hostile.loops import TIME
from tests.security.hostile.memory import MEMORY
from tests.security.hostile.script import Hostile
from tests.security.hostile.stack import STACK

SCRIPTS = [*TIME, *MEMORY, *STACK, *CODE, *FORGERY]

__all__ = ["SCRIPTS", "Hostile"]
