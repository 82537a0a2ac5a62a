"""What makes a first visit short: files asked for before they are needed.

Streamlit's front end brings each widget by a script of its own, asked for when a run of the page
first names it.
"""

import re
import sys
from functools import cache
from pathlib import Path

import streamlit

SHELL = Path(streamlit.__file__).parent / "static" / "index.html"
_SCRIPTS = SHELL.parent / "static" / "js"
_WIDGETS = (
    "ComponentInstance",
    "ButtonGroup",
    "Button",
    "Multiselect",
    "Selectbox",
    "TextInput",
    "InputInstructions",
    "Checkbox",
    "Html",
    "PageLink",
    "Pagination",
)


@cache
def widget_scripts() -> tuple[str, ...]:
    """Return the scripts of the widgets on *Carte* and what they import, without the shell's."""
    named = set(re.findall(r"static/js/([^\"]+)", SHELL.read_text(encoding="utf-8")))
    found = []
    wanted = [path.name for name in _WIDGETS for path in sorted(_SCRIPTS.glob(f"{name}.*.js"))]
    for script in wanted:
        if script in named:
            continue
        named.add(script)
        found.append(script)
        content = (_SCRIPTS / script).read_text(encoding="utf-8")
        wanted += re.findall(r"(?:from|import)\"\./([^\"]+\.js)\"", content)
    return tuple(f"static/js/{script}" for script in found)


def frame_scripts() -> tuple[str, ...]:
    """Return the scripts of the map's frame; none before a run has declared it.

    Here nothing may import the component, or it would never be served.
    """
    component = sys.modules.get("streamlit_folium")
    if component is None or component.__file__ is None:
        return ()
    build = Path(component.__file__).parent / "frontend" / "build"
    served = "component/streamlit_folium.st_folium"
    return tuple(
        f"{served}/static/js/{script.name}" for script in build.glob("static/js/main.*.js")
    )
