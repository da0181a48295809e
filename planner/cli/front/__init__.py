"""Commands that open planner to others: a local page and assistants.

In: options.
Out: a server that runs until it is stopped.
"""
