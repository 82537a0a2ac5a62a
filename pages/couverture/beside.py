"""Two scenarios beside today: who gains under each, in three columns, and as files."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from geodata.population import People
from geodata.situation import comparison, words
from geodata.situation.comparison import Comparison, Proposal
from pages.couverture.situations import Answer
from pages.shared import clock, downloads
from pages.shared.page_frame import plain


def compared(
    before: Answer, proposals: Sequence[Proposal], both: Sequence[Answer]
) -> Comparison | None:
    """Put the answers with both scenarios beside that of today; None where there are not two."""
    if not both:
        return None
    sides = zip(proposals, (one.situation for one in both), strict=True)
    return Comparison(before.situation, tuple(sides))


def show(compared: Comparison) -> None:
    """Draw the figures of today, A and B, and what saves them."""
    rows, who = list(comparison.lines(compared)), compared.today.question.who
    head = "".join(
        f'<th scope="col">{escape(one)}</th>' for one in ("Aujourd’hui", *compared.labels)
    )
    body = "".join(
        f'<tr><th scope="row">{escape(said)}</th>'
        f"{''.join(f'<td>{escape(_wrapping(cell, who))}</td>' for cell in cells)}</tr>"
        for said, *cells in rows
    )
    st.html(
        '<div class="defile" role="region" tabindex="0" '
        'aria-label="Les deux scénarios côte à côte">'
        f'<table class="cote-a-cote"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
    if any(proposal.cost for proposal, _ in compared.sides):
        st.caption(plain(comparison.cost_note(who)))
    name = f"maillage-scenarios-{words.file_places(compared.today)}-{clock.now():%Y-%m-%d}"
    kinds = downloads.table_kinds(
        comparison.to_xlsx, comparison.to_csv, comparison.to_xlsx, compared
    )[:-1]
    caption = (
        f"Les chiffres des trois colonnes, et les heures de chaque commune. {downloads.PREFER}"
    )
    downloads.files("Exporter la comparaison", caption, name, kinds, key="comparaison")


def _wrapping(cell: str, who: People) -> str:
    """Return a cell that may break before whom it counts: a phone has three narrow columns."""
    return cell.replace(f"\u00a0{who.one}", f" {who.one}")
