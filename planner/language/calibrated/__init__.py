"""llama.cpp as it was calibrated on this machine: its work by type of block, its time, the file that keeps it."""
