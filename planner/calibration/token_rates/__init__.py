"""Fits the model of token rates on published rows, and scores it on parts and architectures left out.

`python -m planner.calibration.token_rates` writes `hardware_db/language/rates.yaml` and prints blind figures.
"""
