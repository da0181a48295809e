"""From a workload and an operating point to latency, throughput, power and energy, with a band."""
