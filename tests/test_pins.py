"""Pinned dependencies: another version, file or licence is detected."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = [
    pytest.mark.skipif(shutil.which("uv") is None, reason="no uv here"),
    pytest.mark.skipif(not (ROOT / "uv.lock").exists(), reason="nothing is locked: run uv sync"),
]


@pytest.fixture
def project(tmp_path) -> Path:
    """A copy of the files that `.ci/pins` reads, with a consistent lock file."""
    for name in (".ci/pins", "pyproject.toml", "uv.lock", "README.md", "docs/dependencies.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def replace(path: Path, pattern: str, by: str) -> None:
    text, count = re.subn(pattern, by, path.read_text(), count=1)
    assert count == 1
    path.write_text(text)


def check(project: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, project / ".ci" / "pins"], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "pattern", "by", "said"),
    [
        ("pyproject.toml", '"folium==[^"]+"', '"folium==0.1"', "folium 0.1: pinned, not locked"),
        ("pyproject.toml", r'    "folium==.*\n', "", r"folium [\d.]+: locked, not pinned"),
        ("uv.lock", r'(?<="folium"\n)((?:.*\n)*?.*sha256:)....', r"\1beef", "folium .*: its files"),
        ("docs/dependencies.md", "LGPL-3.0-only", "MIT", "dependencies.md: not what is installed"),
    ],
)
def test_a_difference_fails_and_is_named(project, name, pattern, by, said):
    assert check(project)[0] == 0
    replace(project / name, pattern, by)
    code, output = check(project)
    assert code == 1
    assert re.search(said, output), output


def test_a_file_added_later_is_reported_and_fails_nothing(project):
    wheel = r'(    \{ url = ".*/folium-[\d.]+)(-.*upload-time = ")\d+(.*\n)'
    replace(project / "uv.lock", wheel, r"\g<0>\1-1\g<2>2999\3")  # the same with a build number
    code, output = check(project)
    assert code == 0, output
    assert re.search(r"folium [\d.]+: files were added", output)
