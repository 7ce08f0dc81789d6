"""The same work elsewhere: Step Functions Standard, Lambda durable functions, Temporal Cloud.

What each needs is held here as data: state machines in ASL, and lists of operations and actions with the reason of
each. Where a peer has a cheaper way that does the same, the cheaper way is taken.
"""
