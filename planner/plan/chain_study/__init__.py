"""What the frames of a scenario ask of every unit of the parts that are asked about: `planner chain`.

In: a scenario and parts.
Out: for each part its units, the one that binds, what to change first, and latency to the answer.
"""
