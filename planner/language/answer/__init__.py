"""What is answered of a model on a part: times, rates, memory, what fits, energy, and what to change."""
