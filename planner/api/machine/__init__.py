"""Questions to this machine that are not of networks: language models with llama.cpp.

In: files or sizes of models, results that other tools wrote.
Out: measured passes, a calibration, its errors, files of anchors.
"""
