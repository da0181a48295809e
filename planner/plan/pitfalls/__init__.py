"""The six mistakes of planning edge inference as checks: each module finds the sub-cases of one of them."""
