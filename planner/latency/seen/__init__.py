"""Units without a fitted model of which their own sources quote a few networks.

In: rows that a part's file quotes, and how little such rows have been shown to tell.
Out: by how much the part's roofline is moved, and the band that is left.
"""
