"""The records of `planner devices`: a part, its blocks, and its decoders and encoders.

In: nothing; declarations alone.
Out: types of what `planner devices list` and `show` write as JSON.
"""
