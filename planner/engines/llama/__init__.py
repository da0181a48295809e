"""llama.cpp on this machine: files with random weights, prompts and steps timed in a process of its own."""
