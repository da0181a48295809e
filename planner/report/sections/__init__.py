"""The chapters of a study: the record in, blocks of text, tables and drawings out."""
