"""Deployments for the tests of this folder: ``deployment`` for one test, ``deploy`` with other parameters."""

from tests.integration.fixtures import aws, deploy, deployment, sandbox

__all__ = ["aws", "deploy", "deployment", "sandbox"]
