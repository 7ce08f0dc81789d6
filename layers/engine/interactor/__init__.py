"""The workflow engine: everything the deployed functions share.

Imports point one way: ``api`` and ``workers`` call ``usecases``, which decide by ``core`` and reach the world
through ``adapters`` they are handed. ``core`` imports none of boto3, clock, random or logger.
"""
