"""Accessibility: axe-core on every page, keyboard navigation, words, contrast.

`npm install --no-package-lock --prefix tests/axe` installs axe-core; without it, the tests that
need it are skipped with that reason.
"""

import re
import tomllib
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from geodata.text import fold
from pages.shared import glossary, signs
from tests.conftest import DESKTOP, PHONE, ROOT, Runs, map_of, settled

AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RULES = {
    "light": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    # The other theme changes nothing but the colours.
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
EXCEPTIONS: dict[str, str] = {}
"""Rules of axe-core that a page breaks, each with its reason: none."""

VIEWS = (
    "/?departements=86",
    "/?departements=86&fiche=86-mds-civray",
    "/?mots=zzz",
    "/trouver",
    "/trouver?depuis=86078&quand=jeudi-14:00-17:00",
    "/permanences",
    "/couverture?departements=86&panneau=et-si",
    "/couverture?departements=86&panneau=chiffres",
    "/couverture?departements=86&vue=aides",
    "/annuaire",
    "/annuaire?vue=fiches&fiche=86-mds-civray",
    "/annuaire?vue=reseaux",
    "/annuaire?vue=affiches&affiche=commune-86078",
    "/annuaire?vue=verifier",
)
"""Pages as their address opens them; each is looked at in both themes and at both widths."""

ENGLISH = re.compile(
    r"\b(the|of|and|or|to|select|selected|choose|remove|clear|upload|browse|drag|drop|options?|"
    r"results?|press|enter|loading|error|close|open|view|search|show|hide|help|sidebar|page not|"
    r"running|connecting|download|fullscreen|add|delete|row|column|next|previous|main|skip|empty)\b",
    re.IGNORECASE,
)
FRENCH_TOO = re.compile(r"\b(?:options?|page|main|or|add|SMS)\b", re.IGNORECASE)
"""Words that French has as well."""
"""What the map's library says of its own, until access.mjs says it in French."""

SAID = """() => {
  const names = ["aria-label", "aria-description", "placeholder", "title", "alt"];
  const said = [document.title];
  const hidden = (element) => !element.checkVisibility({ visibilityProperty: true });
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) said.push(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE || hidden(node)) return;
    if (node.matches('script, style, [data-testid="stIconMaterial"]')) return;
    for (const name of names) said.push(node.getAttribute(name));
    node.childNodes.forEach(walk);
  };
  walk(document.body);
  return said.filter((text) => text && text.trim());
}"""
MOVING = """() => [...document.querySelectorAll("*")].filter((element) => {
  const { transitionDuration, animationDuration } = getComputedStyle(element);
  return [...transitionDuration.split(","), ...animationDuration.split(",")]
    .some((text) => parseFloat(text) > 0.01);
}).map((element) => element.outerHTML.slice(0, 120))"""
BESIDE = """() => {
  const kept = (element) => {
    for (let around = element.parentElement; around; around = around.parentElement) {
      const { overflowX, position, clipPath } = getComputedStyle(around);
      if (around.matches(".stMain") || position === "fixed") return false;
      if (overflowX === "auto" || overflowX === "scroll" || clipPath !== "none") return true;
    }
    return false;
  };
  const wide = [document.documentElement, document.querySelector(".stMain")];
  return [
    ...wide.filter((element) => element.scrollWidth > element.clientWidth + 1),
    ...[...document.querySelectorAll(".stMain *")].filter(
      (element) => element.checkVisibility() && !element.closest("[data-testid=stDataFrame]")
        && element.getBoundingClientRect().right > innerWidth + 2
        && element.getBoundingClientRect().width > 2 && !kept(element)),
  ].map((element) => element.outerHTML.slice(0, 150));
}"""
"""What stands to the right of the window and cannot be brought into it."""


@dataclass
class Seen:
    """The results of one check of a page."""

    violations: list[str] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    moving: list[str] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def look(app, browser):
    """Check a view once and cache the results."""
    seen = {}
    context = browser.new_context(locale="fr-FR", reduced_motion="reduce", viewport=DESKTOP)
    if AXE.exists():
        context.add_init_script(path=AXE)

    def once(view: str) -> Seen:
        if view not in seen:
            page = context.new_page()
            page.runs = Runs(page)
            page.set_default_timeout(60_000)
            page.goto(app + view)
            seen[view] = _look(page)
            page.close()
        return seen[view]

    yield once
    context.close()


def _look(page: Page) -> Seen:
    page.locator(".pied").wait_for()
    settled(page)
    if page.locator(".st-key-cadre_carte iframe").count():
        map_of(page)
    seen = Seen()
    for size, theme in product((DESKTOP, PHONE), ("light", "dark")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(200)
        if AXE.exists():
            seen.violations += _violations(page, f"{size['width']} px", theme)
    for frame in page.frames:
        seen.said |= set(frame.evaluate(SAID))
    seen.moving = page.evaluate(MOVING)
    seen.headings = page.locator("h1").all_inner_texts()
    for size, root in ((683, 100), (320, 100), (1366, 200)):
        page.set_viewport_size({"width": size, "height": 600})
        page.evaluate(f"document.documentElement.style.fontSize = '{root}%'")
        seen.too_wide += [f"{size} px, {root} %: {text}" for text in _beside(page)]
    return seen


def _beside(page: Page) -> list[str]:
    """Return what stands beside the page for good: some parts follow a new width a moment later."""
    for _ in range(40):
        page.wait_for_timeout(250)
        if not (found := page.evaluate(BESIDE)):
            break
    return found


def _violations(page: Page, where: str, theme: str) -> list[str]:
    found = page.evaluate(
        """(rules) => axe.run(document, {runOnly: rules, resultTypes: ["violations"]})
             .then(({violations}) => violations)""",
        RULES[theme],
    )
    return [
        f"{where}, {theme}: {rule['id']}: {node['html'][:200]}"
        for rule in found
        if rule["id"] not in EXCEPTIONS
        for node in rule["nodes"]
    ]


# --- every page ---------------------------------------------------------------------------


@pytest.mark.skipif(
    not AXE.exists(), reason="npm install --no-package-lock --prefix tests/axe has not been run"
)
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_in_both_themes_at_both_widths(look, view):
    assert look(view).violations == []


@pytest.mark.parametrize("view", VIEWS)
def test_no_english_is_displayed(look, view):
    english = {text for text in look(view).said if ENGLISH.search(FRENCH_TOO.sub("", _ours(text)))}
    assert english == set()


def _ours(text: str) -> str:
    """Remove addresses and quoted text, which may hold names in any language."""
    return re.sub(r"\S*(?:://|\.fr|\.org|\.com|@)\S*|« [^»]* »", "", text)


@pytest.mark.parametrize("view", VIEWS)
def test_reduced_motion_is_respected(look, view):
    assert look(view).moving == []


@pytest.mark.parametrize("view", VIEWS)
def test_at_200_percent_and_at_320_pixels_nothing_is_beside_the_page(look, view):
    assert look(view).too_wide == []


@pytest.mark.parametrize("view", VIEWS)
def test_each_page_has_one_first_heading_and_its_own_title(look, view):
    """Check that the heading gives the purpose of the page, and the title its name."""
    (first,) = look(view).headings
    assert first.endswith(".")
    name = urlsplit(view).path.strip("/") or "carte"
    assert f"{name.capitalize()} – Maillage" in look(view).said


# --- keyboard navigation ------------------------------------------------------------------


def reach(page: Page, wanted: Locator, *, most: int = 60, key: str = "Tab") -> None:
    """Press the key until the element has the focus, and check that the focus is visible."""
    wanted.wait_for(state="attached")
    for _ in range(most):
        page.keyboard.press(key)
        if wanted.evaluate("(element) => element === document.activeElement"):
            assert wanted.evaluate(RINGED), f"no ring around {wanted}"
            return
    raise AssertionError(f"{most} times {key} do not reach {wanted}")


RINGED = """(element) => {
  for (let around = element; around; around = around.parentElement) {
    const { outlineStyle, outlineWidth } = getComputedStyle(around);
    if (outlineStyle === "solid" && parseFloat(outlineWidth) >= 2) return true;
  }
  return false;
}"""


def press(page: Page, key: str) -> None:
    page.keyboard.press(key)
    settled(page)


def test_the_quick_exit_comes_first_then_the_skip_links(app, visit):
    page = visit(app)
    expect(page.locator(".st-key-liste")).to_be_visible()
    reach(page, page.locator(".sortie").get_by_text("Quitter rapidement"), most=1)
    reach(page, page.locator(".sortie").get_by_text("Aller au contenu"), most=1)
    reach(page, page.locator(".sortie").get_by_text("Aller à la liste"), most=1)
    page.keyboard.press("Enter")
    assert page.evaluate("Boolean(document.activeElement.closest('.st-key-liste'))")


def test_carte_by_keyboard_a_commune_a_type_a_sheet_and_back(app, visit):
    page = visit(app)
    reach(page, page.get_by_label("Commune"))
    page.keyboard.type("poitiers")
    reach(page, page.get_by_role("button", name="Poitiers (86)"))
    press(page, "Enter")
    expect(page).to_have_url(re.compile("communes=86194"))
    reach(page, page.get_by_role("button", name="Commissariat", exact=True))
    press(page, "Space")
    expect(page).to_have_url(re.compile("types=commissariat"))
    page.locator("body").press("Control+Home")
    page.evaluate("document.activeElement.blur()")
    reach(page, page.locator(".sortie").get_by_text("Aller à la liste"), most=90)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    title = page.locator(".fiche h2")
    expect(title).to_be_focused()
    reach(page, page.get_by_role("button", name="Retour à la liste"), key="Shift+Tab", most=1)
    press(page, "Enter")
    expect(page.locator(".st-key-liste")).to_be_visible()


def test_trouver_by_keyboard_from_the_question_to_the_sheet(app, visit):
    page = visit(f"{app}/trouver")
    reach(page, page.get_by_label("Elle est à"))
    page.keyboard.type("civray")
    reach(page, page.get_by_role("button", name="Civray (86)"))
    press(page, "Enter")
    expect(page.get_by_role("heading", name="Les plus proches")).to_be_visible()
    reach(page, page.get_by_role("button", name=re.compile(r"^\+ Ajouter")).first)
    press(page, "Enter")
    expect(page.get_by_role("heading", name="La feuille à remettre (1 sur 8)")).to_be_visible()


def test_couverture_by_keyboard_a_distance_a_panel_and_its_table(app, visit):
    page = visit(f"{app}/couverture?departements=86")
    map_of(page)
    reach(page, page.get_by_label("à moins de"))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="30 km")).to_have_attribute("data-focused", "true")
    press(page, "Enter")
    expect(page).to_have_url(re.compile("distance=30km"))
    reach(page, page.get_by_role("radio", name="Quand"))
    page.keyboard.press("ArrowRight")
    press(page, "Space")
    expect(page).to_have_url(re.compile("panneau=chiffres"))
    expect(page.locator(".chiffres")).to_be_visible()


def test_annuaire_by_keyboard_a_view_a_record_and_back(app, visit):
    page = visit(f"{app}/annuaire")
    reach(page, page.get_by_role("radio", name="À rappeler cette semaine"))
    page.keyboard.press("ArrowRight")
    press(page, "Space")
    expect(page).to_have_url(re.compile("vue=fiches"))
    reach(page, page.get_by_label("Chercher une fiche"))
    page.keyboard.type("mds-civray")
    record = page.get_by_role("button", name=re.compile("solidarités de Civray"))
    reach(page, record)
    press(page, "Enter")
    expect(page.locator(".fiche h2")).to_be_focused()
    reach(page, page.get_by_role("button", name="Retour aux fiches"), key="Shift+Tab", most=1)


def test_the_map_points_to_its_text_alternative(app, visit):
    page = visit(f"{app}/?departements=86")
    region = map_of(page).get_by_role("region")
    expect(region).to_have_accessible_name(
        "Carte des services. Le même contenu se lit à côté ou plus bas."
    )
    expect(page.locator(".st-key-liste .carte-service").first).to_be_visible()


# --- contrast -----------------------------------------------------------------------------

THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
PAPERS = [
    (theme, THEME[theme][ground])
    for theme, ground in product(("light", "dark"), ("backgroundColor", "secondaryBackgroundColor"))
]
STYLE = (ROOT / "pages" / "web" / "static" / "frame.css").read_text(encoding="utf-8")
MAP_GROUNDS = ("#ffffff", "#f3efe9", "#fbfaf8")
"""Communes, France around them, nothing: see outlines.mjs and map.css."""


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb` (WCAG 2.2)."""
    text = colour.lstrip("#")
    text = text if len(text) == 6 else "".join(2 * digit for digit in text)
    parts = (int(text[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2).

    >>> round(contrast("#000", "#ffffff"), 1), contrast("#777777", "#777")
    (21.0, 1.0)
    """
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("theme", "paper"), PAPERS)
def test_text_and_links_read_on_every_background(theme, paper):
    for name in ("textColor", "linkColor"):
        assert contrast(THEME[theme][name], paper) >= 4.5


@pytest.mark.parametrize("sign", signs.FAMILIES, ids=lambda sign: sign.label)
def test_a_sign_is_legible_on_every_background(sign):
    """The full, the empty and the question-mark sign, against the white edge around each."""
    assert contrast(sign.colour, "#fff") >= 4.5
    for ground in (*MAP_GROUNDS, *(paper for _, paper in PAPERS)):
        assert max(contrast(sign.colour, ground), contrast("#fff", ground)) >= 3
    for state, ring in product(signs.STATE_LABELS, (False, True)):
        drawing = signs.svg(sign, state, approximate=ring)
        edge = f'd="{sign.path}" stroke="#fff"'
        assert drawing.index(edge) < drawing.rindex(f'd="{sign.path}"')


@pytest.mark.parametrize(
    ("selector", "ground", "ink"),
    re.findall(
        r"^(\.[\w.-]+) \{[^}]*?background: (#\w+);[^}]*?\bcolor: (#\w+)",
        STYLE,
        re.MULTILINE | re.DOTALL,
    ),
)
def test_what_is_written_on_a_colour_reads(selector, ground, ink):
    assert contrast(ground, ink) >= 4.5, selector


# --- words --------------------------------------------------------------------------------


def test_the_glossary_is_in_order_and_has_the_hard_words():
    words = list(glossary.WORDS)
    assert words == sorted(words, key=fold)
    for hard in ("E2SFCA", "P90", "Gini", "SIAO", "CCAS", "CIDFF", "MDS", "à vol d’oiseau"):
        assert any(hard in word for word in words), hard
    assert "\n" not in glossary.html()
    assert glossary.html().count("<dt>") == len(words)
