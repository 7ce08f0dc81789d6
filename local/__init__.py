"""The local run: what the template declares, on one machine.

The template is transformed as AWS would, its tables, queues and keys are made on an emulated (or any other) AWS
endpoint, and its routes, queues, streams and schedules call the functions' own handlers in this one process.
Nothing here knows a route, a table or a function by name: what the template lacks, the local run lacks.

Reading order: ``run`` (the order of things), ``transform`` and ``template`` (what is declared), ``resources`` (what
is made), ``functions`` (what is called), ``front``, ``queues``, ``streams`` and ``schedules`` (by what).
"""
