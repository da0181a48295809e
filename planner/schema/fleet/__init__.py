"""Schema of FLEET.yaml: a table of sites over scenario templates, and what one decision for all rests on.

In: keys of its YAML.
Out: checked values in SI units, or all problems with their lines.
"""
