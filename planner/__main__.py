"""`python -m planner`: the command of the same name, where its script is not on the path."""

import sys

try:
    from planner.cli.main import main
except KeyboardInterrupt:  # Ctrl-C while the modules load
    sys.exit(130)

main()
