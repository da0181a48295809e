"""llama.cpp on this machine: small models with random weights are run, its time is fitted and judged."""
