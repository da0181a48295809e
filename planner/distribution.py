"""The distribution that this package is installed from: its name on a package index, its version, its extras.

The name on the index is not that of the import and the command: `planner` there is another project.
"""

DISTRIBUTION = "edge-ai-planner"
VERSION = "0.1.0"
"""Also the version of the distribution: the build reads it from here."""


def install_command(extra: str) -> str:
    """What installs one extra: the text to run.

    >>> install_command("page")
    "pip install 'edge-ai-planner[page]'"
    """
    return f"pip install '{DISTRIBUTION}[{extra}]'"
