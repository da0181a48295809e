"""Where a language model is read from: configurations, headers of weight files, exports, the catalogue.

Only shapes and headers are read. What a file does not say is refused with what was expected, never guessed.

In: a path or `zoo:NAME`.
Out: a `LanguageModel`: sizes, and bytes of weights where they are stored.
"""
