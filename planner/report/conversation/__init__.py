"""A report on conversations with a language model as a PDF; made from the record alone."""
