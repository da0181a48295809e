"""llama.cpp on this machine: files with random weights, prompts and steps timed in a process of its own.

In: a GGUF file or sizes of a model, numbers of threads, contexts and prompts.
Out: seconds of each pass, and how undisturbed it was.
"""
