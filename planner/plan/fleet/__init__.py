"""Many sites, one decision: a table of sites over templates, each kind of site sized once, one plan for all.

In: a fleet's file, the table of its sites, the scenarios that are their templates.
Out: an answer for each site, the parts that all of them get, spares, years, money, carbon and updates.
"""
