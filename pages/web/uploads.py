"""How much the files that visitors give may hold in memory, in one visit and all together.

Streamlit bounds each file, and keeps every file of a visit until the visit ends.
"""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

MOST_BYTES_A_VISIT = 60 * 1024**2
MOST_BYTES = 400 * 1024**2


def bound() -> None:
    """From now on, bound what uploads hold.

    A visit that gives too much loses its oldest files. Where all visits together hold too much, a
    new file is refused.
    """
    MemoryUploadedFileManager.add_file = _add_file  # type: ignore[assignment,method-assign]


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
        raise HTTPException(
            HTTPStatus.INSUFFICIENT_STORAGE,
            "Trop de fichiers sont déposés en ce moment : recommencer dans quelques minutes.",
        )
    _keep(manager, session_id, file)


def _oldest_first(manager: MemoryUploadedFileManager, session_id: str) -> list[tuple[str, int]]:
    """Give the files of a visit, and how many bytes it holds with each of them and the newer."""
    files = list(manager.file_storage.get(session_id, {}).items())
    sizes = [len(file.data) for _, file in files]
    return [(key, sum(sizes[place:])) for place, (key, _) in enumerate(files)]
