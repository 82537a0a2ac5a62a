"""A list that is a file, with all that stands beside it, is backed up and comes back as it was."""

import gzip
import io
import subprocess
import tarfile
from datetime import UTC, date, datetime

import pytest

from geodata import _command_line as command
from geodata import fact_sources, gtfs, population
from geodata.__main__ import main
from geodata.services import read_services
from geodata.upkeep import backups, keeping, suggestions
from geodata.upkeep.keeping import Edit, Refused
from tests.lists import CIVRAY, content, row

TODAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
CALL = Edit("86-mds-civray", "telephone", "", "05 49 87 00 00")
BESIDE = (
    "services-2025.csv",
    "services-2025.sources.csv",
    "services.adoption.json",
    "services.choix.csv",
    "services.contexte.csv",
    "services.officiel.json",
    "services.rapport.txt",
    "services.territoires.geojson",
    "services.unites.csv",
    "services.violences.csv",
    "services.some-kind-that-comes-later",
)


@pytest.fixture
def listed(tmp_path):
    """A list that was edited and reported on, with a file of each kind beside it."""
    folder = tmp_path / "list"
    folder.mkdir()
    path = folder / "services.csv"
    path.write_bytes(content([row("86-mds-civray", **CIVRAY)]))
    keeping.save(path, [CALL], who="éditrice", now=NOW)
    services = read_services(path, today=TODAY).services
    suggestions.FileSuggestions(path).add(
        services, "86-mds-civray", day=TODAY, text="Fermé le lundi."
    )
    for file in (fact_sources.beside(path), population.beside(path), gtfs.beside(path)):
        file.write_bytes(f"{file.name}\r\n\x00".encode())
    fact_sources.beside(path).write_bytes(b"id,colonne,source,lien_source,date_source\n")
    for name in BESIDE:
        path.with_name(name).write_bytes(f"{name} é\r\n\x00".encode())
    path.with_name("another.csv").write_bytes(b"not of this list")
    path.with_name("servicesautre.csv").write_bytes(b"not of this list")
    return path


def states(folder) -> dict[str, tuple[bytes, int, float]]:
    return {
        file.name: (file.read_bytes(), file.stat().st_mode, file.stat().st_mtime)
        for file in folder.iterdir()
    }


@pytest.fixture
def archive(listed, tmp_path):
    backups.backup(listed, tmp_path / "list.tar.gz", today=TODAY)
    return tmp_path / "list.tar.gz"


@pytest.fixture
def empty(tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    return folder


def packed(archive, *members: tuple[tarfile.TarInfo, bytes]):
    with tarfile.open(archive, "w:gz") as written:
        for member, text in members:
            member.size = len(text)
            written.addfile(member, io.BytesIO(text))
    return archive


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def test_all_that_belongs_to_the_list_comes_back_as_it_was(listed, archive, empty):
    ours = states(listed.parent)
    names = backups.restore(archive, empty / "services.csv", today=TODAY)
    assert names[0] == "services.csv"
    left_out = {
        "another.csv",
        "servicesautre.csv",
        "services.csv.bak",
        "services.csv.lock",
        "services.csv.signalements.lock",
    }
    assert left_out <= set(ours)
    assert states(empty) == {name: state for name, state in ours.items() if name not in left_out}
    assert set(BESIDE) | {"services.historique.jsonl", "services.csv.signalements"} <= set(names)
    assert keeping.read_history(empty / "services.csv")[0].after == CALL.after


def test_it_comes_back_under_another_name(archive, empty):
    backups.restore(archive, empty / "liste.csv", today=TODAY)
    names = {file.name for file in empty.iterdir()}
    assert {"liste.csv", "liste.csv.signalements", "liste.historique.jsonl"} <= names
    assert "liste-2025.sources.csv" in names
    assert not {name for name in names if not name.startswith("liste")}


def test_an_archive_is_for_its_owner_alone_and_names_no_account(archive):
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as members:
        assert {(one.uid, one.gid, one.uname, one.gname) for one in members} == {(0, 0, "", "")}


def test_a_backup_beside_the_list_holds_no_other_backup(listed):
    first, second = (listed.with_name(f"services.{n}.tar.gz") for n in (1, 2))
    backups.backup(listed, first, today=TODAY)
    assert backups.backup(listed, second, today=TODAY) == backups.backup(listed, first, today=TODAY)


def test_an_archive_that_tar_made_comes_back(listed, tmp_path, empty):
    made = tmp_path / "by-tar.tar.gz"
    names = ["services.csv", "services.historique.jsonl"]
    subprocess.run(["tar", "-czf", made, "-C", listed.parent, *names], check=True)
    assert list(backups.restore(made, empty / "services.csv", today=TODAY)) == names


@pytest.mark.parametrize("name", ["services.csv", "services.historique.jsonl", "services-2025.csv"])
def test_nothing_is_written_over(archive, empty, name):
    (empty / name).write_bytes(b"mine")
    with pytest.raises(Refused, match=f"« {name} »"):
        backups.restore(archive, empty / "services.csv", today=TODAY)
    assert [(file.name, file.read_bytes()) for file in empty.iterdir()] == [(name, b"mine")]


def test_a_damaged_archive_is_refused_whole(archive, tmp_path, empty):
    whole = archive.read_bytes()
    broken = tmp_path / "broken.tar.gz"
    for end in range(0, len(whole), 97):
        broken.write_bytes(whole[:end])
        with pytest.raises(Refused, match="abîmé"):
            backups.restore(broken, empty / "services.csv", today=TODAY)
    assert list(empty.iterdir()) == []


def test_what_comes_back_is_what_was_kept_whichever_byte_is_damaged(archive, tmp_path, empty):
    backups.restore(archive, empty / "services.csv", today=TODAY)
    kept = states(empty)
    whole = archive.read_bytes()
    broken, refused = tmp_path / "broken.tar.gz", 0
    for at in range(10, len(whole), 61):  # before: the time, which nobody reads
        for file in empty.iterdir():
            file.unlink()
        broken.write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :])
        try:
            backups.restore(broken, empty / "services.csv", today=TODAY)
        except Refused:
            refused += 1
            assert list(empty.iterdir()) == []
        else:
            assert states(empty) == kept  # some bits of a packed file say nothing
    assert refused > 10


@pytest.mark.parametrize(
    "hostile",
    [
        member("../services.csv"),
        member("/tmp/services.csv"),
        member("services.csv/../../x"),
        member("services./../../x"),
        member("services.d/x"),
        member("another.csv"),
        member("services.link", tarfile.SYMTYPE, "/etc/passwd"),
        member("services.link", tarfile.LNKTYPE, "services.csv"),
        member("services.fifo", tarfile.FIFOTYPE),
        member("services.device", tarfile.CHRTYPE),
        member("services.folder", tarfile.DIRTYPE),
    ],
    ids=lambda hostile: f"{hostile.name} {hostile.type.decode()}",
)
def test_an_archive_writes_nowhere_else(tmp_path, empty, hostile):
    csv = content([row("86-mds-civray", **CIVRAY)])
    made = packed(tmp_path / "x.tar.gz", (member("services.csv"), csv), (hostile, b""))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Refused):
        backups.restore(made, empty / "services.csv", today=TODAY)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "text",
    [b"", b"no archive", gzip.compress(b"", mtime=0), gzip.compress(b"x" * 999, mtime=0)],
    ids=["empty", "text", "empty gzip", "gzip"],
)
def test_what_is_no_archive_is_refused(tmp_path, empty, text):
    (tmp_path / "x").write_bytes(text)
    with pytest.raises(Refused, match="n’est pas une sauvegarde"):
        backups.restore(tmp_path / "x", empty / "services.csv", today=TODAY)
    with pytest.raises(Refused, match="n’est pas une sauvegarde"):
        backups.restore(packed(tmp_path / "y"), empty / "services.csv", today=TODAY)
    assert list(empty.iterdir()) == []


def test_a_list_that_cannot_be_read_is_not_restored(tmp_path, empty):
    made = packed(tmp_path / "x.tar.gz", (member("services.csv"), b"nom;prix\nx;1\n"))
    with pytest.raises(Refused, match=r"services\.csv ne peut pas être lu"):
        backups.restore(made, empty / "services.csv", today=TODAY)
    assert list(empty.iterdir()) == []


def test_a_list_that_cannot_be_read_takes_no_place_of_an_older_backup(listed, archive):
    before = archive.read_bytes()
    listed.write_bytes(b"\x00")
    with pytest.raises(Refused):
        backups.backup(listed, archive, today=TODAY)
    assert archive.read_bytes() == before
    assert sorted(path.name for path in archive.parent.iterdir()) == ["list", "list.tar.gz"]


def test_a_file_that_is_no_archive_is_not_replaced(listed):
    other = listed.with_name("another.csv")
    with pytest.raises(Refused, match="donner un autre nom"):
        backups.backup(listed, other, today=TODAY)
    assert other.read_bytes() == b"not of this list"


def test_a_save_that_was_cut_short_is_finished_first(listed, tmp_path, empty, monkeypatch):
    def killed(_path):
        raise KeyboardInterrupt

    edit = Edit("86-mds-civray", "telephone", CALL.after, "05 49 87 11 11")
    with monkeypatch.context() as patched:
        patched.setattr(keeping, "_recover", lambda _: patched.setattr(keeping, "_recover", killed))
        with pytest.raises(KeyboardInterrupt):
            keeping.save(listed, [edit], who="éditrice", now=NOW)
    assert listed.with_name("services.csv.pending").exists()
    backups.backup(listed, tmp_path / "x.tar.gz", today=TODAY)
    backups.restore(tmp_path / "x.tar.gz", empty / "services.csv", today=TODAY)
    assert [entry.after for entry in keeping.read_history(empty / "services.csv")] == [
        CALL.after,
        edit.after,
    ]


def test_no_backup_in_the_middle_of_a_save(listed, tmp_path, monkeypatch):
    monkeypatch.setattr(keeping, "_WAIT_S", 0.1)
    output = tmp_path / "x.tar.gz"
    with keeping.undisturbed(listed), pytest.raises(Refused, match="enregistre en ce moment"):
        backups.backup(listed, output, today=TODAY)
    assert not output.exists()


def test_from_the_command_line(listed, tmp_path, empty, capsys):
    saved = str(tmp_path / "x.tar.gz")
    assert main(["backup", str(listed), "-o", saved]) == command.FINE
    assert "services.historique.jsonl" in capsys.readouterr().err
    again = ["restore", saved, str(empty / "services.csv")]
    assert main(again) == command.FINE
    assert main(again) == command.PROBLEMS
    assert "déjà là" in capsys.readouterr().err
    with pytest.raises(SystemExit, match=str(command.UNUSABLE)):
        main(["backup", "postgresql://site:secret@serveur/maillage", "-o", saved])
    said = capsys.readouterr().err
    assert "base backup" in said
    assert "secret" not in said
