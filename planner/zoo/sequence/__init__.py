"""Networks on text: encoders, decoders and text recognition.

In: a `Builder`.
Out: a graph with the shapes of the published architecture.
"""
