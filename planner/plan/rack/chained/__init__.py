"""Chains of a scenario on one part with the times that its rack is planned with.

In: a scenario, a part and its networks.
Out: what one device would be asked for by all streams, and what of it the simulated rack does not have.
"""
