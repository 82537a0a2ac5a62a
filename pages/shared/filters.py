"""What the reader asks for: widgets in the side bar, kept in the address and from page to page."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from html import escape
from typing import Any, Literal, TypeVar

import geopandas as gpd
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from geodata import communes, french
from geodata.aids import UNSAID_COLUMNS
from geodata.networks import label as network_label
from geodata.selection import Selection
from geodata.services import LISTS, ServiceType, vocabulary
from geodata.text import fold, in_french_order
from pages.shared import address_bar, clock, commune_search, filter_address, results
from pages.shared.filter_address import AROUND_KM, DEFAULTS, LONGEST_WORDS, Time, When
from pages.shared.page_frame import plain
from pages.shared.service_list import ServiceList, cached

_MOST_DAYS_AHEAD = 60
_T = TypeVar("_T")
_Width = int | Literal["stretch"]


@dataclass(frozen=True)
class Offered:
    """What the list offers to filter by: départements, those with a point, networks, languages."""

    departements: frozenset[str]
    placed: frozenset[str]
    networks: frozenset[str]
    languages: frozenset[str]


_WHEN_LABELS = {
    When.ALWAYS: "Peu importe",
    When.NOW: "Maintenant",
    When.MOMENT: "Tel jour, telle heure",
    When.SPAN: "Un créneau de la semaine",
}
_TILES = "plan_ign"
_TOWN_HALLS = "mairies"
_DRAWN_ON = "_page_des_filtres"


def choose(listed: ServiceList, now: datetime, *, with_time: bool = True) -> Selection:
    """Draw the filters in the side bar and return the selection.

    `with_time=False` leaves out *Quand*, for a page that shows many days; the others keep it.
    """
    restore(now)
    draw(listed, now, with_time=with_time)
    asked = _selection(now)
    return asked if with_time else replace(asked, open_at=None, open_during=None)


def asked(now: datetime) -> Selection:
    """Return the selection before the filters are drawn: its answer reaches the browser first."""
    restore(now)
    return _selection(now)


def draw(listed: ServiceList, now: datetime, *, with_time: bool = True) -> None:
    """Draw the filters, once restored, and keep them in the address."""
    offered_here = offered(listed)
    with st.sidebar:
        st.button("Tout effacer", on_click=clear, width="stretch", key="effacer")
        _choose_place(offered_here)
        _choose_words()
        _choose_several("Aide cherchée", "aides", vocabulary("aides"), placeholder="Toutes")
        if with_time:
            _choose_time(now)
            _keep_unknown_hours()
        _choose_types()
        _choose_more(offered_here)
    _draw_in_force(now, with_time=with_time)
    address_bar.write(in_address())


def choose_time(now: datetime, *, label: str = "Quand") -> Selection:
    """Draw *Quand* alone, outside the side bar, and return a selection by time only.

    Days and hours are those of the time zone of `now`. The other filters keep what they hold for
    the pages that draw them.
    """
    restore(now)
    _choose_time(now, label, in_a_row=True)
    asked = _selection(now)
    return Selection(open_at=asked.open_at, open_during=asked.open_during)


def forget_time() -> None:
    """Reset *Quand* to any time."""
    st.session_state[_key("quand")] = When.ALWAYS


def communes_asked() -> list[str]:
    """Return the codes of the communes filtered by, once the filters are restored."""
    return _list("communes")


def search_words(words: str) -> None:
    """Set the words to search by."""
    st.session_state[_key("mots")] = words


def clear() -> None:
    """Reset every filter."""
    for name, value in DEFAULTS.items():
        st.session_state[_key(name)] = value
    st.session_state[_key("recherche")] = ""
    st.session_state["fiche"] = ""


def summary(selection: Selection) -> str:
    """Return a selection in a few words without spaces, for the name of a file."""
    names = communes.read_departements()["nom"]
    halls = communes.read_town_halls()["nom"]
    words = [halls[code] for code in selection.communes] or [
        names[code] for code in selection.departements
    ]
    words += [str(kind) for kind in selection.types]
    return "-".join(fold(word).replace(" ", "-") for word in words[:4]) or "tout"


def when_words(selection: Selection, now: datetime) -> str:
    """Return the time asked for: *maintenant*, *jeudi 26 novembre entre 14 h et 17 h*."""
    today = now.date()
    if selection.open_during:
        start, end = selection.open_during
        day = french.day(start, today=today)
        if end.time() == time():
            return f"{day} entre {french.clock(start)} et minuit"
        after = " le lendemain" if end.date() > start.date() else ""
        return f"{day} entre {french.clock(start)} et {french.clock(end)}{after}"
    if selection.open_at and selection.open_at != now:
        return f"{french.day(selection.open_at, today=today)} à {french.clock(selection.open_at)}"
    return "maintenant"


def near_words(selection: Selection) -> str:
    """Return *à moins de 20 km de Civray (86)*; "" where that is not asked."""
    if not selection.within_km:
        return ""
    places = " ou ".join(map(commune_search.label, selection.communes))
    return f"à moins de {selection.within_km:g} km de {places}"


def in_force(now: datetime) -> list[str]:
    """Return the filters that are not at their default, in words."""
    return [words for _, _, words in _in_force(now, with_time=True)]


def _key(name: str) -> str:
    return f"filtre_{name}"


def choose_departements(
    offered: Offered,
    *,
    placeholder: str,
    width: _Width = "stretch",
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> list[str]:
    """Draw the choice of départements, which all pages share, and return their codes."""
    return st.multiselect(
        "Département",
        sorted({*offered.departements, *_list("departements")}),
        format_func=departement_label,
        placeholder=placeholder,
        key=_key("departements"),
        label_visibility=label_visibility,
        select_all=False,
        persist_state="session",
        width=width,
    )


def departement_label(code: str) -> str:
    """`Vienne (86)`."""
    return f"{communes.read_departements()['nom'][code]} ({code})"


def _label(column: str, value: str) -> str:
    return vocabulary(column).get(value, value)


_VALUE_WORDS: Mapping[str, Callable[[str], str]] = {
    "departements": departement_label,
    "communes": commune_search.label,
    "types": lambda kind: ServiceType(kind).label,
    "reseaux": network_label,
    **{column: partial(_label, column) for column in LISTS},
}


def _draw_in_force(now: datetime, *, with_time: bool) -> None:
    """Draw the button that opens the side bar, and the filters in force: a click takes one off."""
    in_force = list(_in_force(now, with_time=with_time))
    count = f" ({len(in_force)})" if in_force else ""
    with st.container(horizontal=True, vertical_alignment="center", key="filtres_actifs"):
        st.html(
            f'<button type="button" class="ouvrir-filtres">Filtres{count}</button>', width="content"
        )
        asked = " ; ".join(words for _, _, words in in_force) or "aucun"
        day = f"{french.day(now, today=date.min)} à {french.clock(now)}"
        st.html(f'<p class="a-imprimer">Filtres : {escape(asked)}. Imprimé le {day}.</p>')
        for name, value, words in in_force:
            st.button(
                f"{plain(words)} ✕",
                key=f"sans_{name}_{value}",
                help="Enlever ce filtre",
                on_click=_take_off,
                args=(name, value),
            )


def _in_force(now: datetime, *, with_time: bool) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the value and the words of each filter that is not at its default."""
    for name, words_for in _VALUE_WORDS.items():
        for value in _list(name):
            yield name, value, words_for(value)
    if km := _around_km():
        yield "autour", "", f"à moins de {km} km"
    if words := _words():
        yield "mots", words, f"« {words} »"
    if with_time and Time.of(_in_session()).when != When.ALWAYS:
        yield "quand", "", when_words(_selection(now), now)
        if not _keeps_unknown_hours():
            yield "inconnus", "", "sans les horaires inconnus"
    if any(_list(name) for name in UNSAID_COLUMNS) and not _keeps_unsaid():
        yield "sans_precision", "", "sans ce qui n’est pas précisé"


def _take_off(name: str, value: str) -> None:
    default = DEFAULTS[name]
    kept = [other for other in _list(name) if other != value] if default == [] else default
    st.session_state[_key(name)] = kept


def _choose_place(offered: Offered) -> None:
    choose_departements(offered, placeholder="Tous ceux de la liste")
    query = st.text_input(
        "Commune",
        placeholder="Nom ou code postal",
        type="search",
        live=True,
        max_chars=60,
        key=_key("recherche"),
        persist_state="session",
    )
    if query:
        commune_search.offer(
            query,
            _add_commune,
            key="commune",
            departements=_list("departements"),
            chosen=_list("communes"),
        )
    if _list("communes"):
        st.multiselect(
            "Communes choisies",
            _list("communes"),
            format_func=commune_search.label,
            placeholder="Aucune",
            key=_key("communes"),
            select_all=False,
            persist_state="session",
        )
        st.selectbox(
            "Jusqu’où",
            AROUND_KM,
            format_func=lambda km: f"à moins de {km} km" if km else "sans aller plus loin",
            key=_key("autour"),
            persist_state="session",
        )


def _add_commune(code: str) -> None:
    st.session_state[_key("communes")] = [*_list("communes"), code]
    st.session_state[_key("recherche")] = ""


def _choose_types() -> None:
    st.pills(
        "Quoi",
        list(ServiceType),
        selection_mode="multi",
        format_func=lambda kind: kind.label,
        key=_key("types"),
        persist_state="session",
    )


def _choose_time(now: datetime, label: str = "Quand", *, in_a_row: bool = False) -> None:
    widths: tuple[_Width, _Width, _Width] = (245, 144, 100)
    wide, middle, narrow = widths if in_a_row else ("stretch", "stretch", "stretch")
    st.selectbox(
        label,
        list(When),
        format_func=_WHEN_LABELS.__getitem__,
        key=_key("quand"),
        persist_state="session",
        width=wide,
    )
    asked = Time.of(_in_session())
    if asked.when == When.MOMENT:
        days = [now.date() + timedelta(days=ahead) for ahead in range(_MOST_DAYS_AHEAD)]
        days = sorted({*days, asked.day or now.date()})
        _select("Jour", "jour", days, lambda day: french.day(day, today=now.date()), wide)
        _select("Heure", "heure", _times(asked.hour), clock.typed, narrow)
        if Time.of(_in_session()).moment(now) < now:
            st.caption("Ce moment est passé : voici la réponse pour maintenant.")
    elif asked.when == When.SPAN:
        _select("Jour de la semaine", "semaine", range(7), french.weekday, middle)
        _select("De", "de", _times(asked.start), clock.typed, narrow)
        _select("À", "a", _times(asked.end), clock.typed, narrow)
        asked = Time.of(_in_session())
        if asked.start >= asked.end:
            st.caption("La fin du créneau est le lendemain.")


def _keep_unknown_hours() -> None:
    if Time.of(_in_session()).when != When.ALWAYS:
        st.checkbox(
            "Garder les horaires inconnus",
            key=_key("inconnus"),
            persist_state="session",
        )


def _select(
    label: str, name: str, options: Iterable[_T], words: Callable[[_T], str], width: _Width
) -> None:
    st.selectbox(
        label,
        list(options),
        format_func=words,
        key=_key(name),
        persist_state="session",
        width=width,
    )


def _times(asked: time) -> list[time]:
    return sorted({*clock.half_hours(), asked})


def _choose_words() -> None:
    st.text_input(
        "Mots",
        placeholder="Psychologue, divorce…",
        type="search",
        max_chars=LONGEST_WORDS,
        key=_key("mots"),
        persist_state="session",
    )


def _choose_more(offered: Offered) -> None:
    slugs = offered.networks.union(_list("reseaux"))
    labels = {slug: network_label(slug) for slug in slugs}
    networks = dict(sorted(labels.items(), key=lambda item: in_french_order(item[1])))
    languages = offered.languages.union(_list("langues"))
    with st.expander("Plus de filtres"):
        _choose_several("Violences subies", "violences", vocabulary("violences"))
        if languages:
            spoken = {
                code: label for code, label in vocabulary("langues").items() if code in languages
            }
            _choose_several("Langue", "langues", spoken)
        _choose_several("Accessibilité", "accessibilite", vocabulary("accessibilite"))
        _pills("Frais", "frais", vocabulary("frais"))
        if any(_list(name) for name in UNSAID_COLUMNS):
            st.checkbox(
                "Garder ce qui n’est pas précisé",
                key=_key("sans_precision"),
                persist_state="session",
            )
        _pills("Pour qui", "publics", vocabulary("publics"))
        _pills("Comment", "acces", vocabulary("acces"))
        _choose_several("Réseau", "reseaux", networks, placeholder="Tous")


def _choose_several(
    label: str, name: str, labels: Mapping[str, str], *, placeholder: str = "Peu importe"
) -> None:
    st.multiselect(
        label,
        list(labels),
        format_func=lambda word: labels[word][:1].upper() + labels[word][1:],
        placeholder=placeholder,
        key=_key(name),
        select_all=False,
        persist_state="session",
    )


def _pills(label: str, name: str, labels: Mapping[str, str]) -> None:
    st.pills(
        label,
        list(labels),
        selection_mode="multi",
        format_func=labels.__getitem__,
        key=_key(name),
        persist_state="session",
    )


def _list(name: str) -> list[str]:
    return list(st.session_state[_key(name)] or [])


def _around_km() -> int:
    """Return how far from the communes is near enough; 0 for these communes alone, or for none."""
    return int(st.session_state[_key("autour")]) if _list("communes") else 0


def _words() -> str:
    return str(st.session_state[_key("mots")] or "")


def _keeps_unknown_hours() -> bool:
    return bool(st.session_state[_key("inconnus")])


def _keeps_unsaid() -> bool:
    return bool(st.session_state[_key("sans_precision")])


def _selection(now: datetime) -> Selection:
    return filter_address.selection(_in_session(), now)


def _in_session() -> dict[str, Any]:
    return {name: st.session_state[_key(name)] for name in DEFAULTS}


def restore(now: datetime) -> None:
    """On a visit's first run, read the filters from the address; keep them afterwards."""
    if _key("quand") in st.session_state:
        return
    soon = now + timedelta(minutes=30 - now.minute % 30)
    coming = {"jour": soon.date(), "heure": soon.time()}
    asked = filter_address.read(st.query_params.get_all, address_bar.not_understood)
    for name, value in {**DEFAULTS, **coming, **asked}.items():
        st.session_state[_key(name)] = value
    st.session_state[_key("recherche")] = ""


def begin_run() -> None:
    """Give the filters to the widgets of this page, until a run has drawn the page to its end.

    Each page has widgets of its own for the same filters. One that has not been drawn yet would
    start from its default. And as long as every run of the page is cut short by the next, Streamlit
    keeps what the widgets of the page before held, and would put it back.
    """
    if st.session_state.get(_DRAWN_ON) == _this_page():
        return
    for key in (*map(_key, (*DEFAULTS, "recherche")), _TILES, _TOWN_HALLS):
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def end_run() -> None:
    """Note that the page is drawn to its end: its widgets know better than the session now."""
    st.session_state[_DRAWN_ON] = _this_page()


def _this_page() -> str:
    context = get_script_run_ctx()
    return context.page_script_hash if context else ""


def in_address() -> dict[str, str | list[str]]:
    """Return the filters as parameters of the address."""
    wanted: dict[str, str | list[str]] = {
        name: [str(v) for v in _list(name)] for name in filter_address.MANY
    }
    wanted["autour"] = str(_around_km() or "")
    wanted["mots"] = _words()
    wanted["quand"] = time_in_address()
    wanted["inconnus"] = "" if _keeps_unknown_hours() else "non"
    wanted["sans_precision"] = "" if _keeps_unsaid() else "non"
    return wanted


def time_in_address() -> str:
    """Return the time asked for as a parameter of the address; "" for any."""
    return Time.of(_in_session()).in_address()


def territory(
    listed: ServiceList, selection: Selection, found: gpd.GeoDataFrame
) -> tuple[str, ...]:
    """Return the départements to draw: those asked for, else those of the list.

    And those of the services `found` near a commune.
    """
    halls = communes.read_town_halls()["departement"]
    asked = {*selection.departements, *(str(halls[code]) for code in selection.communes)}
    if selection.within_km:
        asked |= set(found.loc[found.geometry.notna(), "departement"]) - {""}
    return tuple(sorted(asked or offered(listed).placed))


@cached(max_entries=4)
def offered(listed: ServiceList) -> Offered:
    """Return what the list offers to filter by, hidden rows left out."""
    services = results.services(listed)
    placed = services.loc[services.geometry.notna(), "departement"]
    networks, languages = (
        frozenset(word for cell in services[column].unique() for word in cell.split("|")) - {""}
        for column in ("reseaux", "langues")
    )
    return Offered(
        departements=frozenset(services["departement"]) - {""},
        placed=frozenset(placed) - {""},
        networks=networks,
        languages=languages,
    )


def is_narrowed(selection: Selection) -> bool:
    """Return whether more than a territory is asked for."""
    return replace(selection, departements=()) != Selection()


def offer_tiles() -> None:
    """Draw the box for Plan IGN, the only thing that makes the browser ask another site."""
    st.checkbox(
        "Fond Plan IGN (votre navigateur interroge alors data.geopf.fr)",
        key=_TILES,
        persist_state="session",
    )


def wants_tiles() -> bool:
    """Return whether the reader has asked for Plan IGN."""
    return bool(st.session_state.get(_TILES))


def offer_town_halls() -> None:
    """Draw the box for the layer of town halls, which are no services."""
    st.checkbox("Mairies : accueil et orientation", key=_TOWN_HALLS, persist_state="session")


def wants_town_halls() -> bool:
    """Return whether the reader has asked for the town halls."""
    return bool(st.session_state.get(_TOWN_HALLS))
