"""The drawings of a study: parts of the record in, SVG bytes out.

In: parts of the record and the wording of a language.
Out: an SVG, the same bytes for the same input; None where there is nothing to draw. Colours, fonts and sizes
are those of `style`.
"""
