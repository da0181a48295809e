"""A study as a document: one record of plain values in, a PDF and the same numbers as JSON out."""
