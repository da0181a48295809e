"""What a scenario may say of streams of conversations and of how devices serve them.

In: keys of a scenario's YAML.
Out: checked values in SI units, or all problems with their lines.
"""
