"""The request loop of the compiled engine, in functions that Numba turns into machine code."""
