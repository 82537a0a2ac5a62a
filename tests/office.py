"""LibreOffice in French, with one profile for all tests: to make it takes longer than a file."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

PROGRAM = shutil.which("soffice")
FRENCH = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">
<value>fr-FR</value></prop></item></oor:items>"""


class Office:
    """LibreOffice with its profile in a folder."""

    def __init__(self, folder: Path) -> None:
        user = folder / "user"
        user.mkdir()
        (user / "registrymodifications.xcu").write_text(FRENCH)
        profile = f"-env:UserInstallation={folder.as_uri()}"
        self._command = [PROGRAM, profile, "--headless"]

    def convert(self, kind: str, files: Iterable[Path], folder: Path, *options: str) -> None:
        """Open files and save each in the folder as another kind: one start for all of them."""
        command = [*self._command, *options, "--convert-to", kind, "--outdir", folder, *files]
        subprocess.run(command, check=True, capture_output=True, timeout=240)
