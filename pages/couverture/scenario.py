"""*Et si…*: what a drop-in more, or a service less, would change. The address keeps it."""

import streamlit as st

from geodata import french, hours
from geodata.situation import Situation, change, words
from geodata.situation.scenario import MOST_PARTS, DropIn, InvalidScenario, Scenario, parse
from pages.couverture import shades
from pages.shared import address_bar, commune_search
from pages.shared.clock import half_hours, typed
from pages.shared.page_frame import plain
from pages.shared.rows import Row, rows_of

_SCENARIO, _MESSAGES = "couverture_scenario", "couverture_scenario_messages"
_COMMUNE, _QUERY, _TEXT = "et_si_commune", "et_si_recherche", "et_si_horaires"
_DAYS, _START, _END, _CLOSING = "et_si_jours", "et_si_de", "et_si_a", "et_si_fermer"
_HALF_HOURS = half_hours(7, 23)
_OSM_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MOST_GAINING = 8


def current() -> Scenario:
    """Return the scenario: the address's on a visit's first run, then the reader's own."""
    if _SCENARIO not in st.session_state:
        found, messages = parse(st.query_params.get("scenario", ""))
        st.session_state[_SCENARIO], st.session_state[_MESSAGES] = found, messages
    for message in st.session_state.pop(_MESSAGES, ()):
        st.warning(plain(message), icon="⚠️")
    scenario: Scenario = st.session_state[_SCENARIO]
    address_bar.write({"scenario": str(scenario)})
    return scenario


def choose_commune(code: str) -> None:
    """Choose this commune for the next drop-in; "" for none."""
    st.session_state[_COMMUNE] = code
    st.session_state[_QUERY] = ""


def add(drop_ins: tuple[DropIn, ...]) -> None:
    """Add these drop-ins to the scenario, or keep the message that says why not."""
    try:
        _set(st.session_state[_SCENARIO].adding(drop_ins))
    except InvalidScenario as error:
        st.session_state[_MESSAGES] = (str(error),)


def show(before: Situation, after: Situation | None) -> None:
    """Draw the panel: what it changes, its parts, how to add and to close."""
    scenario: Scenario = st.session_state[_SCENARIO]
    if after:
        _draw_gains(before, after)
        _draw_parts(scenario, before)
    if len(scenario) < MOST_PARTS:
        _choose_drop_in()
        _choose_closing(before, scenario)
    else:
        st.caption(f"Un scénario a au plus {MOST_PARTS} éléments.")


def _set(scenario: Scenario) -> None:
    had_none = not st.session_state[_SCENARIO]
    st.session_state[_SCENARIO] = scenario
    if scenario and had_none:
        shades.show_changes()


def _draw_gains(before: Situation, after: Situation) -> None:
    """Draw who gains and who loses hours: people, then communes."""
    rows = change(before, after)
    st.markdown(words.gains(rows, mark="**"))
    moved = rows.loc[rows["gain_h"].abs().gt(0)].sort_values("population", ascending=False)
    if len(moved):
        with st.expander(f"Les {french.count(len(moved), 'commune')}"):
            st.markdown("\n".join(_gain_words(row) for row in rows_of(moved.head(_MOST_GAINING))))
            if len(moved) > _MOST_GAINING:
                rest = french.count(len(moved) - _MOST_GAINING, "autre")
                st.caption(f"… et {rest} : sur la carte et dans les exports.")


def _gain_words(row: Row) -> str:
    return (
        f"- {plain(row['nom'])} ({words.inhabitants(row)}) : "
        f"{words.duration(row['before_h'])} → {words.duration(row['after_h'])}"
    )


def _draw_parts(scenario: Scenario, before: Situation) -> None:
    for number, one in enumerate(scenario.added):
        _draw_part(f"+ {words.drop_in(one)}", one, key=f"et_si_ote_{number}")
    for number, key in enumerate(scenario.closed):
        known = key in before.services.index
        name = before.services.loc[key, "nom"] if known else f"« {key[:40]} », qui n’est pas compté"
        _draw_part(f"– Fermé : {name}", key, key=f"et_si_rouvre_{number}")
    st.button("Tout enlever", on_click=_set, args=(Scenario(),), key="et_si_vider")


def _draw_part(words_of_it: str, part: DropIn | str, *, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(plain(words_of_it), width="stretch")
        without = st.session_state[_SCENARIO].without(part)
        st.button("Enlever", key=key, on_click=_set, args=(without,))


def _choose_drop_in() -> None:
    st.markdown("**Ajouter une permanence**")
    code = st.session_state.get(_COMMUNE, "")
    commune_search.choose_one(
        code,
        choose_commune,
        key="et_si",
        box_key=_QUERY,
        before="À ",
        placeholder="Cliquer sur la carte, ou écrire un nom",
    )
    st.pills(
        "Jours",
        range(7),
        selection_mode="multi",
        default=[1],
        format_func=lambda day: french.weekday(day)[:3] + ".",
        key=_DAYS,
    )
    start, end = st.columns(2)
    start.selectbox("De", _HALF_HOURS, index=20, format_func=typed, key=_START)
    end.selectbox("À", _HALF_HOURS, index=26, format_func=typed, key=_END)
    text = st.text_input(
        "Ou en toutes lettres",
        placeholder="1er mardi du mois 17h-20h",
        max_chars=200,
        key=_TEXT,
    )
    drop_in = _parse_drop_in(code, str(text or _osm_hours()))
    st.button(
        "Ajouter au scénario",
        type="primary",
        key="et_si_ajouter",
        disabled=drop_in is None,
        on_click=_add_one,
        args=(drop_in,),
    )


def _osm_hours() -> str:
    days = ",".join(_OSM_DAYS[day] for day in sorted(st.session_state[_DAYS] or []))
    start, end = st.session_state[_START], st.session_state[_END]
    return f"{days} {start:%H:%M}-{end:%H:%M}" if days and start != end else ""


def _parse_drop_in(code: str | None, text: str) -> DropIn | None:
    """Show how the hours were understood, and return the drop-in; None if something is missing."""
    if not text:
        st.caption("Choisir au moins un jour, et deux heures différentes.")
        return None
    try:
        st.caption(f"Compris : {plain(hours.describe(text))}")
        return DropIn(code, text) if code else None
    except (hours.InvalidHours, InvalidScenario) as error:
        st.warning(plain(str(error)), icon="⚠️")
        return None


def _add_one(drop_in: DropIn) -> None:
    add((drop_in,))
    choose_commune("")
    st.session_state[_TEXT] = ""


def _choose_closing(before: Situation, scenario: Scenario) -> None:
    services = before.services
    rows = zip(services.index, services["nom"], services["commune"], strict=True)
    open_now = {
        key: f"{name} ({commune})" for key, name, commune in rows if key not in scenario.closed
    }
    chosen = st.selectbox(
        "Ou fermer un service existant",
        list(open_now),
        index=None,
        format_func=open_now.__getitem__,
        placeholder="Choisir parmi ceux à portée",
        key=_CLOSING,
    )
    if chosen:
        closing = scenario.closing(chosen)
        st.button("Fermer dans le scénario", key="et_si_ferme", on_click=_set, args=(closing,))
