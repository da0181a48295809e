"""Costs around an inference that its latency leaves out: builds, copies, conversions, crossings.

In: an estimate, its network and part, and the sourced table of `hardware_db/hidden`.
Out: a list of costs, each with a band, or with `None` where nobody knows it.
"""
