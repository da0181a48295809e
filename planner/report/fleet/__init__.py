"""A fleet's record as a PDF and as a page whose sites can be filtered; made from the record alone."""
