"""What the Containerfile and compose.yaml name is there, and the command of the image starts."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import ROOT, free_port, wait_for

CONTAINERFILE = (ROOT / "Containerfile").read_text("utf-8").replace("\\\n", "")
COMPOSE = (ROOT / "compose.yaml").read_text("utf-8")
COPIED = [
    source
    for words in re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+)$", CONTAINERFILE, re.MULTILINE)
    for source in words.split()[:-1]
]
SETTINGS = dict(
    pair.split("=", 1)
    for words in re.findall(r"^ENV (.+)$", CONTAINERFILE.split("\nFROM ")[2], re.MULTILINE)
    for pair in words.split()
)


def command(instruction: str) -> list[str]:
    """Return the words of the last CMD or HEALTHCHECK of the image."""
    words = json.loads(re.findall(rf"^{instruction}.*?(\[.+\])$", CONTAINERFILE, re.MULTILINE)[-1])
    return [sys.executable if word == "python" else word for word in words]


@pytest.fixture
def image(tmp_path):
    """The files that the image holds, in a folder where nobody may write."""
    folder = tmp_path / "image"
    for source in set(COPIED):
        target = folder / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target)  # compiled, as in the image
        else:
            shutil.copy(ROOT / source, target)
    whole = [folder, *folder.rglob("*")]
    for path in whole:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in whole:
        path.chmod(0o755)


def unprivileged(*words: str) -> list[str]:
    """Return a command without capabilities: root then writes what the rights of files allow."""
    if os.geteuid():
        return list(words)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("no setpriv here (Debian package util-linux)")
    return [setpriv, "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", *words]


def test_the_command_of_the_image_starts_where_it_may_write_nothing(image, tmp_path):
    data, scratch = tmp_path / "data", tmp_path / "tmp"
    for folder in (data, scratch):
        folder.mkdir()
    shutil.copy(ROOT / "services.csv", data)
    places = {"PATH": "/usr/bin:/bin", "HOME": str(scratch), "TMPDIR": str(scratch)}
    settings = (
        SETTINGS
        | places
        | {
            "MAILLAGE_SERVICES": str(data / "services.csv"),
            "MAILLAGE_CACHE": str(data / "officiel"),
            "STREAMLIT_SERVER_PORT": str(free_port()),
        }
    )
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            unprivileged(*command("CMD")), cwd=image, env=settings, stdout=log, stderr=log
        )

    def answers() -> bool:
        assert server.poll() is None, (tmp_path / "log").read_text()
        url = f"http://127.0.0.1:{settings['STREAMLIT_SERVER_PORT']}/_stcore/health"
        return urllib.request.urlopen(url, timeout=2).status == 200

    try:
        wait_for(answers)
        health = f"http://127.0.0.1:{settings['STREAMLIT_SERVER_PORT']}/sante"
        assert urllib.request.urlopen(health, timeout=20).read().startswith(b"La liste est mont")
        assert "/sante" in command("HEALTHCHECK")[-1]  # Streamlit answers 200 to any other path
        subprocess.run(command("HEALTHCHECK"), check=True, env=settings)
        may_write = unprivileged("sh", "-c", "> app.py || > another")
        assert subprocess.run(may_write, check=False, cwd=image, stderr=subprocess.PIPE).returncode
    finally:
        server.terminate()
        server.wait(20)
    gone = subprocess.run(command("HEALTHCHECK"), check=False, env=settings, stderr=subprocess.PIPE)
    assert gone.returncode
    assert sorted(path.name for path in data.iterdir()) == ["services.csv"]


def test_the_context_of_the_build_is_what_is_copied_and_no_secret():
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert allowed == set(COPIED)
    assert [source for source in COPIED if not (ROOT / source).exists()] == []


def test_the_image_has_no_root_and_no_development_packages():
    assert re.findall(r"^USER (.+)$", CONTAINERFILE, re.MULTILINE) == ["10001"]
    assert "uv sync --no-dev" in CONTAINERFILE
    assert {path for path in SETTINGS.values() if path.startswith("/var")} == {
        "/var/lib/maillage/services.csv",
        "/var/lib/maillage/officiel",
    }


def test_compose_runs_what_nginx_looks_for():
    conf = (ROOT / "docs" / "nginx.conf").read_text("utf-8")
    ports = set(re.findall(r'STREAMLIT_SERVER_PORT: "(\d+)"', COMPOSE))
    assert ports == set(re.findall(r"server 127\.0\.0\.1:(\d+)", conf))
    outside = re.findall(r"\$\{MAILLAGE_HTTPS?:-(\d+)\}:(\d+)", COMPOSE)
    assert [inside for _, inside in outside] == re.findall(r"listen (\d+)", conf)
    http, https = (port for port, _ in outside)
    assert re.search(rf":{http}\$\" \$maillage_name:{https};", conf)
    mounted = re.findall(r":(/[\w./]+)(?::ro)?$", COMPOSE, re.MULTILINE)
    for folder in re.findall(r"(/etc/ssl/maillage|/var/log/nginx|/var/cache/maillage)", conf):
        assert folder in mounted
    for default in re.findall(r"\$\{\w+:-(\./docs/[^}]+)\}", COMPOSE):
        assert Path(ROOT / default).is_file()
    ours = (ROOT / ".gitignore").read_text("utf-8")
    for default in re.findall(r"\$\{\w+:-(?:\./)?(?!docs)([a-z.]+)\}", COMPOSE):
        assert f"/{default}" in ours, default  # secrets of the operator
