"""Chains of steps on one part: what each unit is asked for, which binds first, and how long a frame takes.

In: units with servers, streams with visits (typed values; times are bands in seconds).
Out: use of every unit, the limit that it sets, and latency from the camera's frame to the answer.
"""
