"""What the reader takes away: the communes as files, the map, and the address of this view."""

from datetime import datetime

import streamlit as st

from geodata.paper import map_picture
from geodata.situation import files, words
from pages.couverture import scenario, shades
from pages.couverture.situations import Answer
from pages.shared import downloads
from pages.shared.service_list import ServiceList


def show(before: Answer, after: Answer | None, listed: ServiceList, now: datetime) -> None:
    """Offer the communes with their measures, with the scenario if there is one, and the link."""
    situation = (after or before).situation
    supposed = "-scenario" if situation.scenario else ""
    places = words.file_places(situation)
    name = f"maillage-couverture-{places}{supposed}-{now:%Y-%m-%d}"
    kinds = downloads.table_kinds(
        files.to_xlsx, files.to_csv, files.to_geojson, situation, "Carte pour QGIS (GeoJSON)"
    )
    with st.container(horizontal=True):
        caption = (
            "Ce que montrent la carte et la table, avec le scénario s’il y en a un. "
            f"{downloads.PREFER}"
        )
        pictures = _pictures(before, after, listed, now)
        downloads.files("Exporter les communes", caption, name, [*kinds, *pictures])
        downloads.share("Adresse à copier : elle garde la question et le scénario, rien d’autre.")


def _pictures(
    before: Answer, after: Answer | None, listed: ServiceList, now: datetime
) -> list[downloads.Kind]:
    situation, name = (after or before).situation, shades.chosen()
    foot = downloads.made(listed.written.date(), now)
    supposed = words.parts(scenario.current(), before.situation)

    def draw() -> bytes:
        fills, title, key = shades.for_picture(name, before, after)
        side = [
            f"{title}.",
            (
                f"Sûr : {words.share(situation.certain, situation)}. Possible : "
                f"{words.share(situation.possible, situation)}."
            ),
            words.completeness(situation),
            *([f"Avec le scénario. {' ; '.join(supposed)}."] if after else []),
            f"{words.week(situation.question).capitalize()}.",
            "Ronds : services comptés dont le lieu est public.",
        ]
        around = map_picture.Words(words.asked(situation.question), side, foot)
        return map_picture.of_fills(situation.communes, fills, situation.services, key, around)

    return downloads.picture_kinds(draw)
