"""The table of sites: its cells, the keys of the templates that they override, and what each site asks.

In: a CSV or Parquet table and the templates it names.
Out: sites and their questions; those that ask the same share one.
"""
