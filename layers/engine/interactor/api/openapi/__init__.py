"""The API's own description: OpenAPI 3.1 made from one registry of operations, and a page to read it by."""
