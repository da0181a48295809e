"""Real inference engines on this machine: one small file each, run in a process of their own."""
