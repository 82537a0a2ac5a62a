"""The files that the map is drawn from: their addresses, their version, and the routes to them.

Nothing here may import streamlit_folium: a component declared before the server runs is not found.
"""

import hashlib
import re
from functools import cache
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from geodata import communes, hours
from pages.map import marker_file, outlines, town_halls

_PAGES = Path(__file__).parents[1]
MAP_STATIC, WEB_STATIC = _PAGES / "map" / "static", _PAGES / "web" / "static"
_PACKAGES = ("streamlit", "xstatic-leaflet", "xstatic-leaflet-markercluster")


@cache
def version() -> str:
    """Name this state of all the files we serve, so that a browser may keep them for ever."""
    packages = [distribution(name).version for name in _PACKAGES]
    digest = hashlib.sha256("".join(packages).encode())
    wording = sorted(Path(hours.__file__).parent.glob("*.py"))  # in the town halls' hours
    writing = [Path(str(module.__file__)) for module in (marker_file, outlines, town_halls)]
    own = sorted((*MAP_STATIC.iterdir(), *WEB_STATIC.iterdir()))
    for path in (*own, communes.COMMUNES_FILE, *wording, *writing):
        digest.update(path.read_bytes())
    for path in sorted(_PAGES.rglob("*.py")):  # the font of the icons holds those they name
        digest.update(b"".join(re.findall(rb":material/[a-z0-9_]+:", path.read_bytes())))
    return digest.hexdigest()[:12]


OWN = f"maillage/{version()}"  # in the path, so that what a module imports is named by it too
SCRIPTS = {  # ours asks for its modules while the others load
    "maillage": f"{OWN}/map/start.js",
    "leaflet": f"leaflet/leaflet.js?v={version()}",
    "markercluster": f"markercluster/leaflet.markercluster.js?v={version()}",
}
MODULES = tuple(f"{OWN}/map/{path.name}" for path in sorted(MAP_STATIC.glob("*.mjs")))
STYLES = {
    "leaflet": f"leaflet/leaflet.css?v={version()}",
    "markercluster": f"markercluster/MarkerCluster.css?v={version()}",
    "maillage": f"{OWN}/map/map.css",
}
FRANCE = f"outlines/{outlines.FRANCE}.json?v={version()}"


def _package(name: str) -> StaticFiles:
    return StaticFiles(directory=str(files(f"xstatic.pkg.{name}") / "data"))


def _json(content: bytes | None) -> Response:
    if content is None:
        return Response(status_code=404)
    return Response(content, media_type="application/json")


def _outline(request: Request) -> Response:
    return _json(outlines.as_json(request.path_params["territory"]))


def _town_halls(request: Request) -> Response:
    return _json(town_halls.as_json(request.path_params["departement"]))


def _signs(request: Request) -> Response:
    return _json(marker_file.as_json(request.path_params["name"]))


ROUTES = [
    Mount("/assets/leaflet", _package("leaflet")),
    Mount("/assets/markercluster", _package("leaflet_markercluster")),
    Mount(f"/assets/{OWN}/map", StaticFiles(directory=MAP_STATIC)),
    Mount(f"/assets/{OWN}/web", StaticFiles(directory=WEB_STATIC)),
    Route("/assets/outlines/{territory}.json", _outline),
    Route("/assets/town-halls/{departement}.json", _town_halls),
    Route("/assets/signs/{name}.json", _signs),
    Mount("/assets", routes=[]),  # else Streamlit answers with the page, which would be cached
]
