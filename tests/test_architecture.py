"""The code follows the diagram in docs/architecture.md: imports go down."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import ROOT

PICTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
BOXES = re.findall(r'^  (\w+)\["<b>.*<br>([^<]*)"\]$', PICTURE, re.MULTILINE)
CHAINS = re.findall(r"^  (\w+(?: --> \w+)+)$", PICTURE, re.MULTILINE)
ARROWS = [arrow for chain in CHAINS for arrow in pairwise(chain.split(" --> "))]
FLOOR = {name: box for box, names in BOXES for name in names.split(", ")}
PAGES = {path.stem for path in ROOT.glob("pages/*.py")} - {"router"}
FILES = [ROOT / "app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("geodata/**/*.py")]


def place(dotted: str) -> str:
    """Return the box of a module in the diagram: `hours` for `geodata.hours._osm`."""
    parts = dotted.split(".")
    return parts[1] if parts[0] in {"geodata", "pages"} and len(parts) > 1 else parts[0]


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> set[str]:
    """Return the project's modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] in {"geodata", "pages"}}


def below(box: str) -> set[str]:
    """Return the boxes reachable from one in the diagram, including itself."""
    reached, new = {box}, {box}
    while new:
        new = {low for high, low in ARROWS if high in new} - reached
        reached |= new
    return reached


def test_the_picture_shows_every_module_and_no_other():
    shown = {place(module(path)) for path in FILES if "data" not in path.parts}
    assert set(FLOOR) == shown - {"geodata"}


@pytest.mark.parametrize("path", FILES, ids=module)
def test_imports_go_down(path):
    if "data" in path.parts:
        return  # the script that builds the communes file: nothing imports it
    allowed = below(FLOOR.get(place(module(path)), "words"))
    names = {place(name) for name in imported(path)} & FLOOR.keys()
    assert {name: FLOOR[name] for name in names if FLOOR[name] not in allowed} == {}


@pytest.mark.parametrize("path", FILES, ids=module)
def test_a_page_is_imported_by_itself_alone(path):
    """What two pages use is in shared/, map/ or web/."""
    names = {name.split(".")[1] for name in imported(path) if name.startswith("pages.")}
    assert names & PAGES <= {place(module(path))}


@pytest.mark.parametrize("path", FILES, ids=module)
def test_a_private_module_is_imported_in_its_own_package_only(path):
    """For example, only geodata/coverage/ imports `geodata.coverage._reach`."""
    own = path.parent.relative_to(ROOT).parts
    for name in imported(path):
        parts = tuple(name.split("."))
        private = [n for n, part in enumerate(parts) if part.startswith("_")]
        assert all(own[:n] == parts[:n] for n in private), name


def test_no_two_modules_import_each_other():
    """Modules in a cycle cannot be understood one at a time."""
    down = {module(path): {*map(str, imported(path))} for path in FILES}
    known = set(down)
    for name, names in down.items():
        # `from a import b` names the module a.b, or the name b of the module a
        down[name] = {each if each in known else each.rpartition(".")[0] for each in names} & known
    waiting = dict(down)
    while ready := [name for name, names in waiting.items() if not names & waiting.keys() - {name}]:
        for name in ready:
            del waiting[name]
    assert waiting == {}
