"""The command ``interactor``: clients, secrets, groups, events and items of a deployment, over AWS.

Open first: ``__main__.py``. ``deployment`` works on a deployment with the engine's own modules, and needs the packages
of the extra ``admin``. In the project, the command is also ``python -m interactor.admin``. None of it is deployed.
"""
