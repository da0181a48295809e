"""The records of `planner devices`: a part, its blocks, and its decoders and encoders."""
