"""What goes into the server's log: never what a visitor asked, nor a cell of the list.

The message of an exception often quotes the value that it failed on, and Streamlit logs every page
that fails: what is written is the kind of each exception and where it was raised, no message.
"""

import logging
import traceback
from collections.abc import Iterator
from typing import Any


def quote_nothing() -> None:
    """From now on, log exceptions without their messages."""
    make = logging.getLogRecordFactory()

    def without_messages(*args: Any, **options: Any) -> logging.LogRecord:
        record = make(*args, **options)
        if record.exc_info and record.exc_info[1]:
            record.exc_text = "".join(_places(record.exc_info[1]))
            record.exc_info = None
        return record

    logging.setLogRecordFactory(without_messages)


def _places(error: BaseException) -> Iterator[str]:
    """Return where an exception was raised, and before it the one that it came from."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before:
        yield from _places(before)
        yield "\nthen\n"
    yield from traceback.format_tb(error.__traceback__)
    yield type(error).__name__
