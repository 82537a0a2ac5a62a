"""*Quelle aide manque, et où*: each aid in each EPCI; a cell leads to the map of that aid there."""

from html import escape
from operator import attrgetter
from urllib.parse import urlencode

import streamlit as st

from geodata.aids import INTERPRETER
from geodata.situation import Question, gaps
from geodata.situation.gaps import Look
from pages.couverture import question as asking
from pages.couverture import territory
from pages.couverture.situations import Matrix
from pages.shared.page_frame import plain
from pages.shared.rows import rows_of
from pages.shared.service_list import cached

_CHOSEN = "couverture_case"


def show(matrix: Matrix, question: Question, called: str) -> None:
    """Draw the matrix and its legend; `called`: what its scenario is called, if it has one."""
    st.header("Quelle aide manque, et où")
    if called:
        st.markdown(plain(gaps.supposed(called)))
    st.caption(gaps.explained(question))
    # The page's script writes here the cell that is pressed.
    with st.container(key="choix_case"):
        st.text_input("Case choisie", key=_CHOSEN, on_change=_follow, label_visibility="collapsed")
    kept = {k: st.query_params.get_all(k) for k in st.query_params if k not in _OWN}
    types = {**kept, "types": asking.types_for_interpreter()}
    st.html(_html(matrix, urlencode(kept, doseq=True), urlencode(types, doseq=True)))
    st.html(_LEGEND)


_OWN = ("aides", "langues", "epci", "vue")


def _follow() -> None:
    """Ask for the aid of the cell that was pressed, and look at its EPCI."""
    aid, _, epci = st.session_state[_CHOSEN].partition("/")
    st.session_state[_CHOSEN] = ""
    if aid in gaps.ASKED:
        asking.ask_for_aid(aid)
        territory.look_at(epci)


@cached(max_entries=32, hash_funcs={Matrix: attrgetter("key")})
def _html(matrix: Matrix, address: str, in_any_service: str) -> str:
    table = matrix.table
    asked = list(dict.fromkeys(table.index.get_level_values("aid")))
    head = "".join(f'<th scope="col"><span>{escape(gaps.label(aid))}</span></th>' for aid in asked)
    rows = []
    for code, part in table.groupby(level="territory", sort=False):
        cells = part.droplevel("territory").loc[asked]
        name = escape(str(cells["nom"].iloc[0]))
        tds = "".join(_cell(row, str(code), address, in_any_service) for row in rows_of(cells))
        rows.append(f'<tr><th scope="row">{name}</th>{tds}</tr>')
    return (
        '<div class="defile" role="region" tabindex="0" '
        'aria-label="Qui a chaque aide à portée, par intercommunalité"><table class="aides">'
        f'<thead><tr><th scope="col">Intercommunalité</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(row: dict[str, object], code: str, address: str, in_any_service: str) -> str:
    shares = tuple(float(str(row[name])) for name in ("sure", "possible", "unknown"))
    look, text, aid = gaps.look(*shares), gaps.cell(*shares), str(row["id"])
    kind = {None: "", Look.UNKNOWN: "inconnue"}.get(look, f"part{_turn(shares[1])}")
    doubt = " peut-etre" if look is Look.POSSIBLE else ""
    if look is Look.POSSIBLE:
        text = text.replace(" à ", "<br>à ")
    if not code:
        return f'<td class="{kind}{doubt}">{text}</td>'
    link = f"?{address}&aides={aid}&epci={code}"
    if aid == INTERPRETER:
        link = f"?{in_any_service}&langues={aid}&epci={code}"
    title = escape(f"{row['nom']}, {gaps.label(aid)} : voir sur la carte")
    return (
        f'<td class="{kind}{doubt}"><a class="case" data-case="{aid}/{code}" href="{escape(link)}" '
        f'target="_self" title="{title}">{text}</a></td>'
    )


def _turn(possible: float) -> int:
    """Return the number of a colour: 0 where surely nobody has the aid, 5 where nearly all may."""
    return 0 if possible == 0 else min(5, 1 + int(possible * 5))


_LEGEND = (
    '<div class="legende nuances">'
    '<span><i class="nuance part0"></i>personne</span>'
    '<span><i class="nuance part1"></i>moins de 20 %</span>'
    '<span><i class="nuance part3"></i>40 à 60 %</span>'
    '<span><i class="nuance part5"></i>80 % et plus</span>'
    '<span><i class="nuance part4 peut-etre"></i>« 0 à 34 » cela dépend de fiches à préciser</span>'
    '<span><i class="nuance inconnue"></i>« ? » nous ne le savons pas</span></div>'
)
