"""Visits that are over leave memory, whether or not another visitor comes."""

from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.session_manager import SessionInfo
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from pages.web import visits


class Visit:
    """What a storage keeps: like Streamlit's, it removes its files as it is shut down."""

    id = "a"

    def __init__(self, files: MemoryUploadedFileManager) -> None:
        self.files = files
        files.add_file("a", UploadedFileRec("1", "liste.csv", "text/csv", b"id;nom"))

    def shutdown(self) -> None:
        self.files.remove_session_files("a")


def test_a_visit_that_is_over_is_let_go_and_another_is_kept():
    over, kept = MemorySessionStorage(ttl_seconds=0), MemorySessionStorage()
    held = []
    for storage in (over, kept):
        files = MemoryUploadedFileManager("/upload")
        storage.save(SessionInfo(client=None, session=Visit(files)))
        visits.let_go(storage)
        held.append(list(files.file_storage))
    assert held == [[], ["a"]]
    assert kept.get("a")
