"""llama.cpp as calibrated on this machine: work by type of block, time, the file that keeps it."""
