"""When requests arrive.

In: the stream groups of a rack, a seed and a replication number.
Out: request times, drawn source by source, so that every rack and both engines see the same requests.
"""
