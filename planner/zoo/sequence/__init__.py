"""Networks on text: encoders, decoders and text recognition.

In: a `NetworkBuilder`.
Out: a graph with the shapes of the published architecture.
"""
