"""The icons that Streamlit draws, without the thousands it does not: a font of some kB."""

import io
import re
from functools import cache
from itertools import chain
from pathlib import Path

import uharfbuzz
from starlette.responses import Response
from starlette.routing import Route

from pages.map.assets import OWN
from pages.web.preload import SHELL

_PAGES = Path(__file__).parents[1]
_STREAMLIT = SHELL.parents[1]
_STATIC = SHELL.parent / "static"
_NAMED = re.compile(rb":material/([a-z0-9_]+):")


def names() -> set[str]:
    """Return the icons that are named by Streamlit, in the browser or here, and by our pages."""
    files = chain((_STATIC / "js").glob("*.js"), _STREAMLIT.rglob("*.py"), _PAGES.rglob("*.py"))
    named = (_NAMED.findall(path.read_bytes()) for path in files)
    return {name.decode() for name in chain.from_iterable(named)}


@cache
def font() -> bytes:
    """Return Streamlit's icon font (WOFF2) with these icons alone.

    A page names an icon by its letters, of which the font makes one sign (a ligature).
    """
    from fontTools import subset  # noqa: PLC0415 - a third of a second, once, when it is needed
    from fontTools.ttLib import TTFont  # noqa: PLC0415

    (file,) = (_STATIC / "media").glob("MaterialSymbols-Rounded.*.woff2")
    with TTFont(file) as whole:
        whole.flavor = None
        plain = io.BytesIO()
        whole.save(plain, reorderTables=None)
        shaper = uharfbuzz.Font(uharfbuzz.Face(plain.getvalue()))
        drawn = {name: _shaped(shaper, name) for name in names()}
        options = subset.Options(
            flavor="woff2", layout_closure=False, layout_features=["*"], glyph_names=False
        )
        reduced = subset.Subsetter(options)
        reduced.populate(
            unicodes={ord(letter) for name in drawn for letter in name},
            gids=[signs[0] for signs in drawn.values() if len(signs) == 1],
        )
        reduced.subset(whole)
        packed = io.BytesIO()
        subset.save_font(whole, packed, options)
        return packed.getvalue()


def _shaped(shaper: uharfbuzz.Font, text: str) -> list[int]:
    """Return the numbers of the signs that a font makes of a text."""
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    uharfbuzz.shape(shaper, buffer)
    return [sign.codepoint for sign in buffer.glyph_infos]


def _icons(_request: object) -> Response:
    return Response(font(), media_type="font/woff2")


ROUTES = [Route(f"/assets/{OWN}/icons.woff2", _icons)]
