"""From records of a run to answers.

In: epochs, batches and requests of each replication.
Out: latencies with intervals over replications, verdicts, power, energy, temperature, residuals of laws.
"""
