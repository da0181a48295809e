"""Parts and their video units beside what chips of their family have.

In: a part, and the families of `hardware_db/checks/families.yaml`.
Out: what the part has and its family lacks, or the other way round.
"""
