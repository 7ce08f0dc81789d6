"""What runs inside the sandbox's child process.

The child is a Python of its own, started without the environment, site packages and paths of the parent, so these
modules import the standard library and each other only (relatively: in the child, ``child`` is a top-level package).

    serve     the loop: a frame in, a frame out
    lockdown  what the process gives up before it reads the first frame
    engine    QuickJS, one fresh context a run
    harness   harness.js, what surrounds a script in its context
"""
