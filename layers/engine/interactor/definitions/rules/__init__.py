"""Workflow definitions: how one is checked (``check``), and the compiled form that the engine reads (``model``).

``workflow-definition.json`` beside this file is the JSON Schema of the API's appendix, extended by rulings 3, 4, 7 and
19. The checks are written by hand, because a sentence about the one fault helps more than "matches none of the
schemas". A test compares the two.
"""

from pathlib import Path
from typing import Final

SCHEMA_FILE: Final = Path(__file__).with_name("workflow-definition.json")
"""The file that ``/api/v1/schemas/workflow-definition.json`` serves."""
