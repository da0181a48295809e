"""planner for assistants: tools of the Model Context Protocol that read and never write.

In: calls over standard input.
Out: the records of the command line, each with its bands and provenance.
"""
