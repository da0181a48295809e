"""Devices that serve conversations with a language model: sized, simulated, priced.

In: a scenario with streams of conversations, and the parts that may serve them.
Out: options, the best first, with limits, power, heat, money and curves.
"""
