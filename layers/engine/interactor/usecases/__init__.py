"""What the endpoints and workers do: one module a verb or a noun of the API. Adapters are handed in."""
