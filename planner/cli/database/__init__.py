"""Commands about what is shipped: parts, measurements, reference networks.

In: filters as text.
Out: lists, datasheets and checks.
"""
