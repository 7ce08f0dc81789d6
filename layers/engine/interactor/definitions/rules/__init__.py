"""Workflow definitions: how one is judged (``check``), and the compiled form that the engine reads (``model``).

``workflow-definition.json`` beside this file is the JSON Schema of the API's appendix, extended by rulings 3, 4,
7 and 19. The checks are written by hand, because a sentence about the one thing that is wrong helps more than
"matches none of the schemas"; a test holds the two together.
"""

from pathlib import Path
from typing import Final

SCHEMA_FILE: Final = Path(__file__).with_name("workflow-definition.json")
"""What ``/api/v1/schemas/workflow-definition.json`` serves."""
