"""Pictures of answers of the command line and the local page, as files of their own: SVG or PNG.

In: an estimate with its roofs, a comparison or a curve.
Out: the bytes of a picture.
"""
