"""Profiles that engines and devices write, read as measurements; one file for each tool.

In: the output of trtexec, ONNX Runtime, OpenVINO, msprof or tegrastats.
Out: latencies, kernel times or logs of temperature and power, with where they came from.
"""
