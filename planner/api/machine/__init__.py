"""Questions to this machine that are not of networks: language models with llama.cpp."""
