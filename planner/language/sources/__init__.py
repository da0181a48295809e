"""Where a language model is read from: configurations, headers of weight files, exports, the catalogue.

Only shapes and headers are read. What a file does not say is refused with what was expected, never guessed.
"""
