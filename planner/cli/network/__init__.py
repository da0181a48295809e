"""Commands about one network: inspect, estimate, compare, curve, split, what-if.

In: options as text.
Out: text, JSON or CSV; every number comes from the Python API.
"""
