"""llama.cpp on this machine: small models with random weights are run, a model of its time is fitted and judged."""
