"""What a first visit is made of: the first page, the files it asks for, and how small they are."""

import io
import re
import threading

import brotli
import pytest
import uharfbuzz
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from pages.map import assets
from pages.web import icons, packing, preload, shell
from tests.conftest import DESKTOP, PHONE, ROOT, map_of

SHELL = shell.french(preload.SHELL.read_bytes(), "/trouver").decode()
HEAD = SHELL.partition("</head>")[0]


# --- the first page -----------------------------------------------------------------------


def test_the_first_page_has_the_strip_of_every_page():
    strip, root = SHELL.index(shell.emergency_strip()), SHELL.index('<div id="root">')
    assert strip < root
    for way_out in ("tel:17", "sms:114", "tel:3919", "tel:115"):
        assert f'href="{way_out}"' in SHELL[strip:root]


def test_nothing_that_is_asked_for_delays_the_first_words():
    """A style sheet in the head, or a script that is not deferred, would."""
    tags = re.findall(r"<(?:link|script)\b[^>]*>", HEAD)
    assert [tag for tag in tags if 'rel="stylesheet"' in tag] == []
    scripts = [tag for tag in tags if tag.startswith("<script") and "src=" in tag]
    assert [tag for tag in scripts if 'type="module"' not in tag] == []
    assert ".bandeau {" in HEAD


def test_the_script_of_the_way_out_is_the_first():
    scripts = re.findall(r'<script type="module"[^>]*src="([^"]*)"', SHELL)
    assert [script.rpartition("/")[2].partition(".")[0] for script in scripts] == ["frame", "index"]


def test_what_comes_next_is_not_asked_for_by_the_first_page_itself():
    later = re.findall(r'<link data-rel="(\w+)" href="./([^"]+)">', SHELL)
    assert {rel for rel, _ in later} == {"modulepreload", "prefetch"}
    assert {path for _, path in later} > {*preload.widget_scripts()}
    at_once = set(re.findall(r'\srel="\w+"[^>]*href="\./(static/js/[^"]+)"', SHELL))
    assert at_once
    assert at_once & {path for _, path in later} == set()


def test_the_outlines_of_the_map_are_asked_for_while_its_frame_comes(app, visit):
    page, asked = visit("about:blank"), set()
    page.on("request", lambda request: asked.add(request.url))
    page.goto(f"{app}/?departements=86")
    map_of(page)
    ahead = page.locator('link[rel=prefetch][href*="/outlines/"]')
    expect(ahead).to_have_count(2)
    addresses = set(ahead.evaluate_all("links => links.map(({ href }) => href)"))
    assert sorted(re.findall(r"(\w+)\.json", " ".join(addresses))) == ["86", "france"]
    assert {url for url in asked if "/outlines/" in url} == addresses  # the frame's are the same


def test_the_way_out_works_before_streamlit_is_there(app, browser):
    page = browser.new_page(viewport=PHONE)
    page.route("**/static/js/*", lambda _route: None)  # never comes
    away = "https://meteofrance.com/"
    page.route(f"{away}**", lambda route: route.fulfill(body="<title>Météo</title>"))
    page.goto("about:blank")
    page.goto(f"{app}/?commune=86078", wait_until="commit")
    way_out = page.locator("a.quitter")
    expect(way_out).to_be_visible()
    assert page.title() == "Maillage"
    page.locator(".sortie").wait_for(state="attached")  # our script runs
    way_out.click()
    page.wait_for_url(away)
    page.go_back()
    assert page.url == "about:blank"
    page.close()


@pytest.mark.parametrize(
    ("path", "words", "size"),
    [("permanences", "Les accueils", PHONE), ("", "Qui peut aider", DESKTOP)],
    ids=["phone", "desktop"],
)
def test_the_heading_stands_where_the_page_will_have_it(app, browser, path, words, size):
    page = browser.new_page(viewport=size)
    script = re.search(r"static/js/index\.\w+\.js", SHELL)[0]
    held = []
    page.route(f"**/{script}", lambda route: held.append(route) or True)
    page.goto(f"{app}/{path}", wait_until="commit")
    heading = page.locator(".but")
    expect(heading).to_have_text(re.compile(f"^Maillage. {words}"))
    before = heading.bounding_box()
    page.wait_for_timeout(200)
    for route in held:
        route.continue_()
    page.locator(".pied").wait_for(state="attached")
    page.locator(".st-key-pages a").first.wait_for()
    expect(page.get_by_text("La page arrive")).to_have_count(0)
    after = heading.bounding_box()
    moved = {side: after[side] - before[side] for side in ("x", "y", "height")}
    assert {side: px for side, px in moved.items() if abs(px) >= 3} == {}
    # An icon that the font lacks is written in letters.
    icon = page.get_by_test_id("stIconMaterial")
    icon.first.wait_for(state="attached")
    page.evaluate("document.fonts.ready.then(() => 1)")
    written = """icons => icons
        .filter(icon => icon.scrollWidth > 2 * parseFloat(getComputedStyle(icon).fontSize))
        .map(icon => icon.textContent)"""
    assert icon.evaluate_all(written) == []
    page.close()


# --- icons --------------------------------------------------------------------------------


def drawn(font: TTFont) -> dict[str, list[str]]:
    """Return the outlines that a font draws for each name of an icon."""
    font.flavor = None
    plain = io.BytesIO()
    font.save(plain, reorderTables=None)
    shaper = uharfbuzz.Font(uharfbuzz.Face(plain.getvalue()))
    return {
        name: [outline(shaper, sign) for sign in icons._shaped(shaper, name)]
        for name in icons.names()
    }


def outline(shaper: uharfbuzz.Font, sign: int) -> str:
    pen = SVGPathPen(None)
    shaper.draw_glyph_with_pen(sign, pen)
    return pen.getCommands()


def test_the_icons_are_those_of_streamlit_and_no_others():
    (file,) = (preload.SHELL.parent / "static/media").glob("MaterialSymbols*.woff2")
    with TTFont(file) as font:
        whole = drawn(font)
    with TTFont(io.BytesIO(icons.font())) as font:
        ours = drawn(font)
        count = font["maxp"].numGlyphs
    known = {name for name, signs in whole.items() if len(signs) == 1}
    assert len(known) > 50
    assert {"keyboard_double_arrow_right", "expand_more", "search"} <= known
    assert {name: ours[name] for name in known} == {name: whole[name] for name in known}
    assert count < len(known) + 60  # letters, and what has no name
    assert len(icons.font()) < 20_000


def test_another_icon_gives_the_font_another_address(monkeypatch, tmp_path):
    """Browsers keep the font for a year."""
    monkeypatch.setattr(assets, "_PAGES", tmp_path)
    page = tmp_path / "page.py"
    page.write_text("icon=':material/home:'")
    before = assets.version.__wrapped__()
    page.write_text("icon=':material/bed:'")
    assert assets.version.__wrapped__() != before


# --- packed files -------------------------------------------------------------------------


PACKER = packing.Packer()


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_what_is_packed_is_unpacked_the_same(contents):
    for content in contents * 2:
        assert brotli.decompress(PACKER.packed(content)[0]) == content


def test_a_file_asked_for_again_is_as_small_as_can_be():
    content = (ROOT / "services.csv").read_bytes()[:100_000]
    packer = packing.Packer()
    first, for_good = packer.packed(content)
    assert not for_good
    for _ in range(600):
        again, for_good = packer.packed(content)
        if for_good:
            break
        threading.Event().wait(0.05)
    assert for_good
    assert len(again) < 0.95 * len(first)
    assert brotli.decompress(again) == content
