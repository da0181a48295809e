"""Profiles that engines and devices write, read as measurements; one file for each tool."""
