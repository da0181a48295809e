"""The link between host and part in a latency: transfers of inputs, outputs and weights.

In: a network prepared for an engine and an operating point with its link.
Out: the time over that link, and what of it the link takes.
"""
