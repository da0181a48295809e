"""What is shipped and what a user adds: parts (`parts.py`); networks, scenarios, measurements (`shipped.py`).

In: ids, names, limits in SI units, folders of one's own parts.
Out: typed parts, rows and texts; `UnknownIdError` with the nearest names.
"""
