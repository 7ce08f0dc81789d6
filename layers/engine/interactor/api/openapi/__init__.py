"""The API's own description: OpenAPI 3.1 made from one table of operations, and a reference page."""
