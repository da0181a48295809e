"""The command line: reads, calls one job, prints; no arithmetic.

In: arguments.
Out: text or JSON on standard output, files that were asked for, and an exit code. `main` starts a command;
`network`, `engine`, `scenario` and `database` have one module a command, by what it asks about; `text` puts
answers into lines.
"""
