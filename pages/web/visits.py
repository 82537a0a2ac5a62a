"""Visits that are over leave memory within a minute of their end, and one that lasts does not grow.

Streamlit keeps a closed page for two minutes, so that it can come back, and then looks for those
that are over only when another page is closed. Of a visit that lasts, it keeps what it knows of
each widget that was ever drawn.
"""

import asyncio
import gc

from streamlit import runtime
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.scriptrunner import get_script_run_ctx

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


def forget_widgets_gone() -> None:
    """Forget what the widgets call that the last run of this visit did not draw, and with what.

    Those whose value outlasts them (`persist_state`) are few, and stay.
    """
    context = get_script_run_ctx()
    if context is None:
        return
    state = context.session_state._state  # noqa: SLF001
    widgets, keys = state._new_widget_state, state._key_id_mapper  # noqa: SLF001
    for gone in widgets.widget_metadata.keys() - widgets.states.keys() - state._old_state.keys():  # noqa: SLF001
        if widgets.widget_metadata[gone].persist_state is None:
            del widgets.widget_metadata[gone]
            key = keys._id_key_mapping.pop(gone, "")  # noqa: SLF001
            if keys._key_id_mapping.get(key) == gone:  # noqa: SLF001
                del keys._key_id_mapping[key]  # noqa: SLF001
