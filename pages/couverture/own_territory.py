"""A territory of one's own in the place of départements: a list of communes, or outlines."""

from collections.abc import Collection, Mapping

import shapely
import streamlit as st

from geodata import communes, french, own_territory
from geodata.own_territory import LONGEST_NAME, OwnTerritory
from geodata.situation import words
from geodata.tables import UnreadableFile
from geodata.upkeep import territory_files
from geodata.upkeep.territory_files import TerritoryFile
from pages.shared import address_bar, own_territories
from pages.shared.page_frame import plain

_CHOSEN, _OUTLINES, _MESSAGE = "couverture_territoires", "couverture_contours", "territoire_message"
_NAME, _TEXT, _FILE = "territoire_nom", "territoire_communes", "territoire_fichier"
_KEPT, _OF_FILE = "territoire_gardes", "territoire_du_fichier"
_GIVING = "territoire_donner"
_LONGEST_TEXT = 40_000
_MOST_PROBLEMS = 6
_MOST_NAMES, _MOST_TOLD = 8, 4
_USUAL_NAME = "Mon territoire"
_RULE = (
    "Une commune compte si sa mairie est dans le contour, et alors tout entière : les distances "
    "partent de la mairie."
)


def current() -> tuple[OwnTerritory, ...]:
    """Return the territories: the address's on a visit's first run, then the reader's own."""
    if _CHOSEN not in st.session_state:
        st.session_state[_CHOSEN] = _of_address(st.query_params.get_all(own_territories.PARAMETER))
    chosen: tuple[OwnTerritory, ...] = st.session_state[_CHOSEN]
    address_bar.write({own_territories.PARAMETER: _address(chosen)})
    return chosen


def choose(own: tuple[OwnTerritory, ...], departements: Collection[str]) -> None:
    """Draw what is chosen and how to choose another; `departements`: those of the list."""
    for number, one in enumerate(own):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(plain(words.own_names([one])), width="stretch")
            rest = tuple(other for other in own if other is not one)
            st.button("Enlever", key=f"territoire_ote_{number}", on_click=_set, args=(rest,))
    if own:
        st.download_button(
            "Enregistrer (CSV)",
            territory_files.to_csv(own),
            file_name="maillage-territoires.csv",
            mime="text/csv",
            on_click="ignore",
            key="territoire_enregistrer",
        )
    beside = own_territories.beside()
    if beside.failure:
        st.warning(plain(beside.failure), icon="⚠️")
    if beside.found.territories:
        _offer("Territoires joints à la liste", beside.found, own, key=_KEPT)
    label = "Donner un territoire à vous : communes, quartier, canton, bassin de vie"
    if st.toggle(label, key=_GIVING):
        _choose_new(own, tuple(sorted(departements)))


def forget() -> None:
    """Ask for départements again, from the next run on."""
    _set(())


def warn() -> None:
    """Say what of the territories of the address was not understood."""
    for message in st.session_state.pop(_MESSAGE, ()):
        st.warning(plain(message), icon="⚠️")


def explain(own: tuple[OwnTerritory, ...]) -> None:
    """Say which communes the territories are; nothing where there are none."""
    if not own:
        return
    names = communes.read_town_halls()["nom"]
    beside = own_territories.beside().found
    outlines = {k: v for k, v in beside.outlines.items() if beside.territories[k] in own}
    outlines |= st.session_state.get(_OUTLINES, {})
    paragraphs = []
    for one in own[:_MOST_TOLD]:
        shown = [str(names[code]) for code in one.communes[:_MOST_NAMES]]
        more = len(one.communes) - len(shown)
        listed = ", ".join(shown) + (f" et {french.count(more, 'autre')}" if more else "")
        cut = _cut(one, shapely.to_wkb(outlines[one.name])) if one.name in outlines else ""
        paragraphs.append(f"« {one.name} » : {listed}. {cut}")
    if any(one.name in outlines for one in own):
        paragraphs.append(_RULE)
    twice = sum(len(one.communes) for one in own) - len(own_territory.homes(own))
    if twice:
        many = french.count(twice, "commune est", "communes sont")
        paragraphs.append(f"{many} de deux territoires : le premier seul les compte.")
    st.caption("  \n".join(map(plain, paragraphs)))
    if not _fit(own):
        st.info(
            "Ces communes sont trop nombreuses pour l’adresse de la page : le territoire est gardé "
            "pour cette visite seulement. Pour le garder, l’enregistrer (CSV) ; posé à côté de la "
            "liste, il se choisit par son nom."
        )


def _choose_new(own: tuple[OwnTerritory, ...], departements: tuple[str, ...]) -> None:
    st.text_input("Son nom", placeholder=_USUAL_NAME, max_chars=LONGEST_NAME, key=_NAME)
    text = st.text_area(
        "Ses communes",
        placeholder="Un nom ou un code INSEE par ligne :\nCivray (86)\nLoudun\n86194",
        max_chars=_LONGEST_TEXT,
        height=120,
        key=_TEXT,
    )
    given = st.file_uploader(
        "Ou un fichier : tableau (CSV, Excel, LibreOffice) ou contours (GeoJSON)",
        type=["csv", "txt", "xlsx", "ods", "json", "geojson"],
        key=_FILE,
    )
    st.caption(
        "Tableau : une colonne « code_insee » ou « commune », et, s’il y a plusieurs territoires, "
        f"une colonne « territoire ». Contours : {_RULE} Le fichier n’est pas enregistré."
    )
    typed = str(st.session_state[_NAME] or "").strip()
    name = own_territory.plain_name(typed)
    if typed and not name:
        said = f"« {plain(typed)} » ne peut pas être un nom : écrire des lettres ou des chiffres."
        st.warning(said, icon="⚠️")
    name = name or _USUAL_NAME
    if given is not None:
        found = _read(given.getvalue(), name, departements)
    elif text:
        lines = str(text).replace(";", "\n").replace(",", "\n").replace("\t", "\n")
        found = _read(lines.encode(), name, departements)
    else:
        return
    if isinstance(found, str):
        st.error(plain(found), icon="⚠️")
        return
    if found.problems:
        lines_said = [f"- {plain(problem)}" for problem in found.problems[:_MOST_PROBLEMS]]
        more = len(found.problems) - _MOST_PROBLEMS
        lines_said += [f"- … et {french.count(more, 'autre')}."] if more > 0 else []
        st.warning("\n".join(lines_said), icon="⚠️")
    _offer("Territoires compris", found, own, key=_OF_FILE)


def _offer(label: str, found: TerritoryFile, own: tuple[OwnTerritory, ...], *, key: str) -> None:
    """Draw the territories of a file, and the button that asks for those that are chosen."""
    only = list(found.territories) if len(found.territories) == 1 else None
    picked = only or st.multiselect(
        label,
        list(found.territories),
        format_func=lambda name: words.own_names([found.territories[name]]),
        placeholder="Choisir",
        key=key,
        select_all=False,
    )
    chosen = tuple(found.territories[name] for name in picked if name in found.territories)
    if only:
        st.markdown(f"{label} : {plain(words.own_names(chosen))}")
    st.button(
        "Prendre ce territoire" if len(chosen) < 2 else "Prendre ces territoires",
        type="primary",
        key=f"{key}_prendre",
        disabled=not chosen or set(chosen) <= set(own),
        on_click=_set,
        args=(chosen, dict(found.outlines)),
    )


def _set(
    chosen: tuple[OwnTerritory, ...], outlines: Mapping[str, shapely.Geometry] | None = None
) -> None:
    st.session_state[_CHOSEN] = chosen
    if outlines is not None:
        names = {one.name for one in chosen}
        st.session_state[_OUTLINES] = {k: v for k, v in outlines.items() if k in names}


# --- the address, and files ---------------------------------------------------------------


def _of_address(written: Collection[str]) -> tuple[OwnTerritory, ...]:
    """Read the territories of an address; what is not understood is kept, to be said."""
    found: dict[str, OwnTerritory] = {}
    messages = []
    for text in written:
        try:
            one = own_territories.of_address(text)
        except ValueError as error:
            messages.append(f"L’adresse de cette page n’est pas comprise. {error}")
        else:
            found.setdefault(one.name, one)
    st.session_state[_MESSAGE] = messages
    return tuple(found.values())


def _address(own: Collection[OwnTerritory]) -> list[str]:
    return list(map(own_territories.written, own)) if _fit(own) else []


def _fit(own: Collection[OwnTerritory]) -> bool:
    return sum(len(own_territories.written(one)) for one in own) <= own_territory.LONGEST_ADDRESS


@st.cache_resource(max_entries=8, ttl="15m", scope="session", show_spinner="Lecture…")
def _read(content: bytes, name: str, departements: tuple[str, ...]) -> TerritoryFile | str:
    """Read what was given, or say why it cannot be."""
    try:
        return territory_files.read(content, name, departements)
    except UnreadableFile as error:
        return str(error)


@st.cache_resource(show_spinner=False, max_entries=32)
def _cut(one: OwnTerritory, wkb: bytes) -> str:
    return territory_files.cut_words(territory_files.cut(one, shapely.from_wkb(wkb)))
