"""What runs inside the sandbox's child process.

The child is a separate Python process without the environment, site packages and paths of the parent. So these modules
import only the standard library and each other (relatively: in the child, ``child`` is a top-level package).

    serve     the loop: a frame in, a frame out
    lockdown  what the process gives up before it reads the first frame
    engine    QuickJS, one new context for each run
    harness   harness.js, the code around a script in its context
"""
