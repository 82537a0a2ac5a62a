"""How much the files that visitors give may hold in memory, in one visit and all together.

Streamlit bounds each file, keeps every file of a visit until the visit ends, and writes what is
above 1 MB to disk while it arrives. Here files are in memory alone, and bounded all together.
"""

import sys
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

MOST_BYTES_A_VISIT = 60 * 1024**2
MOST_BYTES = 400 * 1024**2
MOST_ARRIVING = 8
"""How many files may arrive at once in a process: `server.maxUploadSize` bounds each of them."""

_TOO_MANY = "Trop de fichiers sont déposés en ce moment : recommencer dans quelques minutes."
_UPLOAD = "/_stcore/upload_file/"


def bound() -> None:
    """From now on, keep uploads in memory alone, and bound what they hold.

    A visit that gives too much loses its oldest files. Where all visits together hold too much, a
    new file is refused.
    """
    MemoryUploadedFileManager.add_file = _add_file  # type: ignore[assignment,method-assign]
    MultiPartParser.spool_max_size = sys.maxsize  # Streamlit stops a body that is too long


class BoundedArrivals:
    """ASGI middleware: refuse a file while `MOST_ARRIVING` others arrive."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._arriving = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "PUT" or _UPLOAD not in scope["path"]:
            await self.app(scope, receive, send)
            return
        if self._arriving >= MOST_ARRIVING:
            refusal = PlainTextResponse(_TOO_MANY, HTTPStatus.INSUFFICIENT_STORAGE)
            await refusal(scope, receive, send)
            return
        self._arriving += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._arriving -= 1


_keep = MemoryUploadedFileManager.add_file


def _add_file(manager: MemoryUploadedFileManager, session_id: str, file: UploadedFileRec) -> None:
    size = len(file.data)
    for key, room in _oldest_first(manager, session_id):
        if room + size <= MOST_BYTES_A_VISIT:
            break
        manager.remove_file(session_id, key)
    visits = list(manager.file_storage.values())
    others = sum(len(kept.data) for files in visits for kept in list(files.values()))
    if size > MOST_BYTES_A_VISIT or others + size > MOST_BYTES:
        raise HTTPException(HTTPStatus.INSUFFICIENT_STORAGE, _TOO_MANY)
    _keep(manager, session_id, file)


def _oldest_first(manager: MemoryUploadedFileManager, session_id: str) -> list[tuple[str, int]]:
    """Give the files of a visit, and how many bytes it holds with each of them and the newer."""
    files = list(manager.file_storage.get(session_id, {}).items())
    sizes = [len(file.data) for _, file in files]
    return [(key, sum(sizes[place:])) for place, (key, _) in enumerate(files)]
