"""Visits that are over leave memory within a minute of their end.

Streamlit keeps a closed page for two minutes, so that it can come back, and then looks for those
that are over only when another page is closed.
"""

import asyncio
import gc

from streamlit import runtime
from streamlit.runtime.memory_session_storage import MemorySessionStorage

_EVERY_S = 30


async def let_go_of_those_over() -> None:
    """Look for visits that are over, again and again."""
    while True:
        await asyncio.sleep(_EVERY_S)
        if runtime.exists():
            let_go(runtime.get_instance()._session_mgr._session_storage)  # type: ignore[attr-defined]  # noqa: SLF001


def let_go(storage: MemorySessionStorage) -> None:
    """Forget the closed visits whose time is over, and what they hold: files, choices, answers."""
    over = storage._cache.expire()  # type: ignore[attr-defined]  # noqa: SLF001
    for _, visit in over:
        visit.session.shutdown()  # Streamlit's own loop may still name the visit that was the last
    if over:
        gc.collect()
