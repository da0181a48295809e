"""What is answered of a model on a part: times, rates, memory, what fits, energy, and what to change.

In: a model, a part, an engine and formats, users with their prompts and contexts.
Out: bands with provenance; where something does not fit, why and what would.
"""
