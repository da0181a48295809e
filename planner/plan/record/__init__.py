"""Every result of a plan as JSON: conversion only, nothing is computed here.

In: values of `compare`, `sizing`, `study` and `cost`.
Out: plain dictionaries with the keys of the command contract, SI floats with the unit in the key.
"""
