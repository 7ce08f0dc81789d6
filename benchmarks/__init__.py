"""What the engine costs, how fast it is, and how it grows, measured by running it: ``make bench``.

Each module has one noun. ``cloud`` is a deployment on the embedded AWS, ``meter`` counts what its handlers ask of AWS,
``flows`` are the workflows that are run, ``prices`` and ``bill`` make money of counts, ``peers`` is the same work
elsewhere. Each measurement (``cost``, ``overhead``, ``coldstart``, ``growth``, ``latency``, ``load``) answers a
document; ``results`` keeps them, ``page`` makes the tables of ``docs/performance.md`` from them.
"""
