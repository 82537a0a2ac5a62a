"""The command line: check, adopt, bring official data in and up to date, merge, export, communes.

    python -m geodata --help

Results go to the standard output, messages to the standard error, both in French. Exit codes:
`FINE`, `PROBLEMS`, `UNUSABLE` of `_command_line`.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

from geodata._command_line import parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. Raises SystemExit if the arguments are wrong."""
    options = parser().parse_args(arguments)
    # Imported now: help, and what is wrong in the arguments, need not wait for pandas.
    code: int = import_module("geodata._commands").run(options)
    return code


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(main())
