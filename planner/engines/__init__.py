"""Real inference engines on this machine: one small file each, run in a process of their own.

In: an ONNX file, an engine's name, threads and a number of runs.
Out: times of whole inferences and, where the engine tells them, of its nodes. The parent process times and
guards; a crash of an engine ends its worker alone.
"""
