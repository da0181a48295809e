"""Fits the model of token rates on published rows, and scores it on parts and architectures left out.

`python -m planner.calibration.token_rates` prints blind figures.

In: `hardware_db/language/rates.csv`, models and parts.
Out: `hardware_db/language/rates.yaml`.
"""
