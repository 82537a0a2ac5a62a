"""A pytest plugin that adds one service type to the program.

It adds one row to the text of geodata/service_types.py, as a developer would, and replaces the
module with the result. Nothing else is changed.
"""

import ast
import sys
from pathlib import Path
from types import ModuleType

import geodata

NAME = "geodata.service_types"
TABLE = Path(geodata.__file__).with_name("service_types.py")
ROW = """
    BUREAU_MOBILE = Facts(
        value="bureau-mobile", label="Bureau mobile", one="un bureau mobile",
        neutral="Camionnette de services", poster_turn=5,
        does="Vient dans le village, renseigne et oriente.",
        family=Family.PERMANENCES, aids=(Aid.SOINS, Aid.ECOUTE),
        usual_sector=Sector.HEALTH,
        measured=True, may_be_shelter=True, months=3,
        national_networks=("cidff",),
        also_written=("camion",),
        confused_with=("sante",),
    )
"""


def built(row: str, replacing: tuple[str, str] = ("", "")) -> ModuleType:
    """Build the table with one more row, after replacing one text with another."""
    old, new = replacing
    text = TABLE.read_text("utf-8")
    assert old in text
    lines = text.replace(old, new, 1 if old else 0).splitlines()
    (table,) = (
        node
        for node in ast.parse("\n".join(lines)).body
        if isinstance(node, ast.ClassDef) and node.name == "ServiceType"
    )
    last = [node for node in table.body if isinstance(node, ast.Assign)][-1].end_lineno
    module = ModuleType(NAME)
    exec(compile("\n".join([*lines[:last], row, *lines[last:]]), str(TABLE), "exec"), vars(module))
    return module


def pytest_load_initial_conftests() -> None:
    early = [name for name in sys.modules if name.startswith(("geodata.", "pages."))]
    assert not early, f"imported before the table has its row: {early}"
    sys.modules[NAME] = geodata.service_types = built(ROW)
