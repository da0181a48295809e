"""Records of single commands, beside the record of a study.

Keys follow the command contract: SI floats with the unit in the key. An absent value is `None` (null), never
zero. The functions that build the records are annotated with these types.

In: nothing; declarations alone.
Out: types of what commands write with --json.
"""
