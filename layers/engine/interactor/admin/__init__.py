"""The management command, ``python -m interactor.admin``: clients and secrets, in AWS and in the local run."""
