"""What the command does to a deployment over AWS: ``arguments`` names it, ``target`` finds it, ``commands`` do it."""
