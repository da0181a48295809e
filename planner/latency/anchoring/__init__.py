"""Blending an estimate with measurements of the same part or of the same network.

In: anchors (a user's files or published rows) and a network prepared for an engine.
Out: one factor and band by which an estimate moves, with the anchors that were used and refused.
"""
