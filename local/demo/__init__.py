"""``python -m local.demo`` (``make demo``): the purchase approval, from its definition to its completion.

It starts a local run of its own, plays everyone who takes part (the program that starts the purchase, the manager,
the vice president, the requester's application that is notified and takes webhooks), and judges what it saw.

Reading order: ``plan`` (what must happen), ``story`` (makes it happen), ``judge`` (compares), ``receiver`` and
``signatures`` (the other end of outgoing requests), ``api`` and ``screen`` (in and out).
"""
