"""Calls about the API itself, and about its caller. Only the last one needs a token."""

from typing import Any, cast

from interactor_client.calls import Calls
from interactor_client.models import Caller


class Description(Calls):
    """The calls about the API's own description."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        return cast(dict[str, Any], self.transport.send("GET", "/openapi.json", public=True).json())

    def openapi_yaml(self) -> str:
        """Return the OpenAPI document as YAML."""
        return self.transport.send("GET", "/openapi.yaml", public=True).text

    def reference_page(self) -> str:
        """Return the reference page as HTML, for people."""
        return self.transport.send("GET", "/docs", public=True).text

    def definition_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of definitions."""
        found = self.transport.send("GET", "/schemas/workflow-definition.json", public=True)
        return cast(dict[str, Any], found.json())

    def signing_keys(self) -> list[dict[str, Any]]:
        """Return the public keys that verify access tokens, as JWKs."""
        return cast(list[dict[str, Any]], self.transport.send("GET", "/oauth/jwks", public=True).json()["keys"])

    def me(self) -> Caller:
        """Who this client is for the API, and what its token allows."""
        return cast(Caller, self._get("/me"))
