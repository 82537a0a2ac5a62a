"""Keep a list that is a file, with all that stands beside it, in one archive, and bring it back.

The archive is a `tar.gz`, which any computer opens. It holds every file whose name begins as the
list's (`services.csv`: `services.sources.csv`, `services.historique.jsonl`, `services-2025.csv`,
`services.gtfs.zip`, `services.csv.signalements`…), so that a kind of file that comes later is in it
too; the list is its first. Left out are what a save needs for its own time, the version before the
last save, and other archives. A list in a base has its own: `python -m geodata base backup`.
"""

import gzip
import os
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final

from geodata import french
from geodata.upkeep import keeping
from geodata.upkeep.keeping import Refused
from geodata.upkeep.stores import FileStore, NoList

_PASSING: Final = (".lock", ".tmp", ".pending", ".bak")
_DAMAGED: Final = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError)
_BLOCK: Final = 1024**2


def backup(path: Path, output: Path, *, today: date) -> tuple[str, ...]:
    """Write a list and what stands beside it into an archive; return the names of its files.

    No save goes on meanwhile. What is written is read again before it takes its place, and is for
    its owner alone: it has what the list hides.

    Raises:
        Refused: the list cannot be read, somebody saves, or `output` is there and no archive.
        OSError: a file cannot be read or written.
    """
    path, output = path.resolve(), output.resolve()
    if output.exists() and not tarfile.is_tarfile(output):
        raise Refused(
            f"« {output.name} » existe et n’est pas une sauvegarde : donner un autre nom."
        )
    descriptor, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with keeping.undisturbed(path):
                files = files_of(path)
                with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
                    for one in files:
                        _add(archive, one)
            file.flush()
            os.fsync(file.fileno())
        with _unpacked(temporary, path, output.parent, today):
            temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)
    return tuple(one.name for one in files)


def restore(archive: Path, path: Path, *, today: date) -> tuple[str, ...]:
    """Bring back what `backup` wrote, under the name of `path`; return the names of the files.

    The list is the last to be put in place.

    Raises:
        Refused: the archive is damaged or none, its list cannot be read, or there are files that
            would be written over. Nothing was written.
        OSError: the archive cannot be read, or the folder not written.
    """
    path = path.resolve()
    with _unpacked(archive, path, path.parent, today) as files:
        present = [file.name for file in files if path.with_name(file.name).exists()]
        if present:
            raise Refused(
                f"{french.listed([f'« {name} »' for name in present])} : déjà là, rien n’est "
                "changé. Restaurer dans un autre dossier, ou déplacer d’abord ces fichiers."
            )
        for file in reversed(files):
            file.rename(path.with_name(file.name))
    return tuple(file.name for file in files)


def files_of(path: Path) -> tuple[Path, ...]:
    """Return the files that a backup of a list holds, the list first."""
    beside = (
        file
        for file in sorted(path.parent.iterdir())
        if re.match(rf"{re.escape(path.stem)}[.-]", file.name)
        and file != path
        and file.suffix not in _PASSING
        and file.is_file()
        and not tarfile.is_tarfile(file)
    )
    return path, *beside


def _add(archive: tarfile.TarFile, file: Path) -> None:
    """Add a file, without the account that owns it; one that is replaced meanwhile, as it was."""
    with file.open("rb") as content:
        member = archive.gettarinfo(arcname=file.name, fileobj=content)
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        archive.addfile(member, content)


@contextmanager
def _unpacked(archive: Path, path: Path, folder: Path, today: date) -> Iterator[Sequence[Path]]:
    """Give the files of an archive, the list first, in a folder inside `folder` that goes again.

    They have the names that stand beside `path`. Raises Refused where the list cannot be read.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix=f".{path.name}.") as name:
        try:
            with gzip.open(archive) as whole:
                while whole.read(_BLOCK):  # to its end, where its checksum stands
                    pass
            with tarfile.open(archive, "r:gz") as members:
                files = [_unpack(members, *one) for one in _named(members, path, Path(name))]
        except _DAMAGED:
            raise Refused(
                f"« {archive.name} » n’est pas une sauvegarde, ou est abîmé : rien n’est écrit."
            ) from None
        try:
            FileStore(files[0]).latest(today)
        except NoList as error:
            raise Refused(str(error)) from None
        yield files


def _named(
    archive: tarfile.TarFile, path: Path, folder: Path
) -> Iterator[tuple[tarfile.TarInfo, Path]]:
    """Give the members of an archive and where each goes in a folder. Raises TarError."""
    members = archive.getmembers()
    if not members:
        raise tarfile.TarError("empty")
    first = Path(members[0].name)
    for member in members:
        for ours, theirs in ((path.name, first.name), (path.stem, first.stem)):
            end = member.name.removeprefix(theirs)
            if end != member.name and re.fullmatch(r"(?:[.-][^/\\]*)?", end) and member.isreg():
                yield member, folder / f"{ours}{end}"
                break
        else:
            raise tarfile.TarError(member.name)


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, file: Path) -> Path:
    content = archive.extractfile(member)
    if content is None:
        raise tarfile.TarError(member.name)
    with content, file.open("xb") as written:
        shutil.copyfileobj(content, written)
        written.flush()
        os.fsync(written.fileno())
    file.chmod(member.mode & 0o777)
    os.utime(file, (member.mtime, member.mtime))
    return file
