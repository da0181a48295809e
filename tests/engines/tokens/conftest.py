"""The command line, as tests of `tests/cli` call it."""

from tests.cli.conftest import call

__all__ = ["call"]
