"""*Et si…*: what a drop-in more, or a service less, would change. The address keeps it."""

from dataclasses import replace

import streamlit as st

from geodata import french, hours
from geodata.population import People
from geodata.situation import Situation, change, comparison, words
from geodata.situation.comparison import (
    LONGEST_NAME,
    MOST_EUROS,
    MOST_HOURS,
    Comparison,
    Proposal,
)
from geodata.situation.scenario import MOST_PARTS, DropIn, InvalidScenario, Scenario, parse
from pages.couverture import beside, shades
from pages.shared import address_bar, commune_search
from pages.shared.clock import half_hours, typed
from pages.shared.page_frame import plain
from pages.shared.rows import Row, rows_of

_PROPOSALS, _MESSAGES, _SIDE = "couverture_scenarios", "couverture_scenario_messages", "et_si_cote"
_COMMUNE, _QUERY, _TEXT = "et_si_commune", "et_si_recherche", "et_si_horaires"
_DAYS, _START, _END, _CLOSING = "et_si_jours", "et_si_de", "et_si_a", "et_si_fermer"
_HALF_HOURS = half_hours(7, 23)
_OSM_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MOST_GAINING = 8
_SIDES, _SIDE_PARAMETER = ("a", "b"), "montre"
_ENDS = ("", "_b")
"""What the names of the address's parameters end with, for each side."""


def proposals() -> tuple[Proposal, ...]:
    """Return the scenarios, one or two: the address's on a visit's first run, then the reader's."""
    if _PROPOSALS not in st.session_state:
        st.session_state[_MESSAGES] = ()
        found = tuple(map(_of_address, _ENDS))
        two = found[1] or st.query_params.get(_SIDE_PARAMETER) == _SIDES[1]
        st.session_state[_PROPOSALS] = found if two else found[:1]
    for message in st.session_state.pop(_MESSAGES, ()):
        st.warning(plain(message), icon="⚠️")
    kept: tuple[Proposal, ...] = st.session_state[_PROPOSALS]
    if len(kept) == 1:
        address_bar.write({_SIDE_PARAMETER: ""})
    for one, end in zip((*kept, Proposal())[:2], _ENDS, strict=True):
        address_bar.write(
            {f"scenario{end}": str(one.scenario), f"nom{end}": one.name, f"cout{end}": one.cost}
        )
    return kept


def _of_address(end: str) -> Proposal:
    """Read one side from the address; what is not understood is told."""
    found, messages = parse(st.query_params.get(f"scenario{end}", ""))
    st.session_state[_MESSAGES] += messages
    name, cost = (st.query_params.get(f"{part}{end}", "") for part in ("nom", "cout"))
    try:
        return Proposal.parse(found, name, cost)
    except InvalidScenario as error:
        st.session_state[_MESSAGES] += (str(error),)
        return Proposal(found, name)


def current() -> Scenario:
    """Return the scenario that the page shows."""
    return _shown().scenario


def label(turn: int | None = None) -> str:
    """Return what a scenario is called, `le scénario` where it is alone.

    `turn`: which one, 0 or 1; None for the one that the page shows.
    """
    kept, turn = st.session_state[_PROPOSALS], _turn() if turn is None else turn
    letter = f" {_SIDES[turn].upper()}" if len(kept) > 1 else ""
    return f"le scénario{letter}{f' « {kept[turn].name} »' if kept[turn].name else ''}"


def told(before: Situation, *, both: bool) -> list[str]:
    """Say what the scenario that the page shows is, or `both` of them: a text each."""
    kept = st.session_state[_PROPOSALS]
    parts = {
        turn: " ; ".join(words.parts(kept[turn].scenario, before)) or "rien ne change"
        for turn in (range(len(kept)) if both else [_turn()])
    }
    return [f"{label(turn)} : {said}" for turn, said in parts.items()]


def _shown() -> Proposal:
    found: Proposal = st.session_state[_PROPOSALS][_turn()]
    return found


def _turn() -> int:
    """Return which side the page shows: 0 or 1."""
    if len(st.session_state[_PROPOSALS]) == 1:
        return 0
    side = address_bar.kept_choice(_SIDES, key=_SIDE, parameter=_SIDE_PARAMETER, default=_SIDES[0])
    return _SIDES.index(side)


def say_set_aside() -> None:
    """Say, where the page compares with an earlier list, that no scenario counts."""
    if any(one.scenario for one in st.session_state[_PROPOSALS]):
        st.caption(
            "Le scénario ne compte pas tant que ce panneau est ouvert : seules les deux listes "
            "sont comparées. Il est gardé."
        )


def choose_commune(code: str) -> None:
    """Choose this commune for the next drop-in; "" for none."""
    st.session_state[_COMMUNE] = code
    st.session_state[_QUERY] = ""


def add(drop_ins: tuple[DropIn, ...]) -> None:
    """Add these drop-ins to the scenario, or keep the message that says why not."""
    try:
        _set(current().adding(drop_ins))
    except InvalidScenario as error:
        st.session_state[_MESSAGES] = (str(error),)


def show(before: Situation, after: Situation | None, compared: Comparison | None) -> None:
    """Draw the panel: which scenario, what it changes, its parts, how to add and to close.

    `compared`: both scenarios beside today, where there are two.
    """
    scenario = current()
    if compared:
        _choose_side(compared)
        beside.show(compared)
    if after:
        _draw_gains(before, after)
        _draw_parts(scenario, before)
    if len(scenario) < MOST_PARTS:
        _choose_drop_in()
        _choose_closing(before, scenario)
    else:
        st.caption(f"Un scénario a au plus {MOST_PARTS} éléments.")
    if scenario or compared:
        _choose_name_and_cost()
    if scenario and not compared:
        st.button("Comparer avec un autre scénario", key="et_si_comparer", on_click=_compare)


def _set(scenario: Scenario) -> None:
    had_none = not current()
    _keep(replace(_shown(), scenario=scenario))
    if scenario and had_none:
        shades.show_changes()


def _keep(proposal: Proposal) -> None:
    """Keep this proposal on the side that is shown."""
    kept = list(st.session_state[_PROPOSALS])
    kept[_turn()] = proposal
    st.session_state[_PROPOSALS] = tuple(kept)


def _compare() -> None:
    """Open a second scenario, which begins empty, and show it."""
    st.session_state[_PROPOSALS] = (*st.session_state[_PROPOSALS], Proposal())
    st.session_state[_SIDE] = _SIDES[1]


def _remove() -> None:
    """Remove the scenario that is shown; the other one stays, alone."""
    turn = _turn()
    st.session_state[_PROPOSALS] = (st.session_state[_PROPOSALS][1 - turn],)
    st.session_state[_SIDE] = _SIDES[0]


def _choose_side(compared: Comparison) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        address_bar.choose(
            "Scénario montré sur cette page",
            dict(zip(_SIDES, map(plain, compared.labels), strict=True)),
            key=_SIDE,
            parameter=_SIDE_PARAMETER,
            wrap=True,
        )
        st.button("Retirer celui-ci", key="et_si_retirer", on_click=_remove)


def _choose_name_and_cost() -> None:
    """Draw the name and the cost of the scenario that is shown."""
    shown, side = _shown(), _SIDES[_turn()]
    keys = {part: f"et_si_{part}_{side}" for part in ("nom", "heures", "euros")}
    for part, value in (("nom", shown.name), ("heures", shown.hours), ("euros", shown.euros)):
        st.session_state[keys[part]] = value
    with st.expander("Nom et coût"):
        st.text_input(
            "Nom de ce scénario",
            max_chars=LONGEST_NAME,
            placeholder="Civray le mardi soir",
            key=keys["nom"],
            on_change=_write,
            args=("name", keys["nom"]),
            help="L’adresse de cette page le garde avec le scénario : la copier, ou la mettre en "
            "favori, c’est l’enregistrer. Ne pas y écrire le nom d’une personne.",
        )
        hours_side, euros_side = st.columns(2)
        for place, part, what, most, step in (
            (hours_side, "hours", "heures", MOST_HOURS, 10),
            (euros_side, "euros", "euros", MOST_EUROS, 1000),
        ):
            place.number_input(
                f"Coût, {what} par an",
                0,
                most,
                step=step,
                placeholder="facultatif",
                key=keys[what],
                on_change=_write,
                args=(part, keys[what]),
            )


def _write(field: str, key: str) -> None:
    """Keep what was written in a field of the scenario that is shown."""
    _keep(replace(_shown(), **{field: st.session_state[key]}))


def _draw_gains(before: Situation, after: Situation) -> None:
    """Draw who gains and who loses hours: people, then communes."""
    rows, who = change(before, after), before.question.who
    st.markdown(words.gains(rows, who, mark="**"))
    if current().added:
        st.caption(words.added(before.question))
    if cost := comparison.cost(_shown(), before, after):
        st.markdown(plain(cost))
    moved = rows.loc[rows["gain_h"].abs().gt(0)].sort_values("people", ascending=False)
    if len(moved):
        with st.expander(french.count(len(moved), "commune")):
            st.markdown(
                "\n".join(_gain_words(row, who) for row in rows_of(moved.head(_MOST_GAINING)))
            )
            if len(moved) > _MOST_GAINING:
                rest = french.count(len(moved) - _MOST_GAINING, "autre")
                st.caption(f"… et {rest} : sur la carte et dans les exports.")


def _gain_words(row: Row, who: People) -> str:
    return (
        f"- {plain(row['nom'])} ({words.inhabitants(row, who)}) : "
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
        without = current().without(part)
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
