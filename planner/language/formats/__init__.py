"""Number formats of weights and caches: bytes of blocks in files, and what formats make of each matrix."""
