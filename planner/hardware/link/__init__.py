"""Links between parts and the computers that they are attached to.

In: `hardware_db/surroundings/links.yaml` and what a part's file says of its link.
Out: what a link carries, which a part can have, and the part over another one.
"""
