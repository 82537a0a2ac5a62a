"""The process whose forks are servers (see `forked_server`).

It imports what every server imports and reads what every server reads, once. Then, for each line of
its input, it forks a child that runs `streamlit run`, and writes the child's number.
"""

import json
import os
import signal
import sys

from streamlit.web import cli

from pages.web.server import warm_up_further


def serve(arguments: list[str], log: str, environment: dict[str, str]) -> None:
    """Become a server, until it ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, output), (2, output)):
        os.dup2(file, stream)
    cli.main(["run", *arguments], prog_name="streamlit")


def fork_on_demand() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that end leave nothing behind
    for order in sys.stdin:
        if child := os.fork():
            sys.stdout.write(f"{child}\n")
            sys.stdout.flush()
        else:
            serve(**json.loads(order))


if __name__ == "__main__":
    warm_up_further()  # nothing of it depends on a list or on settings
    fork_on_demand()
