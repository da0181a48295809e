"""The drawings of a study: parts of the record in, SVG bytes out."""
