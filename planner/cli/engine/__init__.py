"""Commands that run or read engines: calibrate, measure, validate, import.

In: options as text, engines of this machine, profiles of tools.
Out: calibrations, measurements, and predictions beside them.
"""
