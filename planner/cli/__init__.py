"""The command line: reads, calls one job, prints; no arithmetic."""
