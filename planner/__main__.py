"""`python -m planner`: the command of the same name, where its script is not on the path."""

from planner.cli.main import main

main()
