"""``deployment`` for one test, ``shared`` for one module, ``deploy`` with other parameters."""

from tests.support.deployed.fixtures import aws, deploy, deployment, sandbox, shared

__all__ = ["aws", "deploy", "deployment", "sandbox", "shared"]
