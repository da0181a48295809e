"""Schemas of `hardware_db/language`, and of files of token rates and calibrations that users have.

In: their YAML.
Out: models, engines, rates and anchors as checked values, or all problems with their lines.
"""
