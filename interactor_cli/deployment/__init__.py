"""What the command does to a deployment over AWS: ``arguments`` parses, ``target`` finds the deployment, ``commands``
do it.
"""
