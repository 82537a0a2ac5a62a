"""A file of one's own: what its columns hold, what becomes of its lines, what joins the list."""

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import communes, exports, french, partial_date, readable
from geodata.services import ServiceType, read_services, vocabulary
from geodata.tables import UnreadableFile
from geodata.text import fold
from geodata.upkeep import adopting, keeping, merging
from geodata.upkeep.adopting import Adopted, Choices, Column, Sheet
from pages.annuaire import access
from pages.annuaire.editing import saving
from pages.annuaire.editing.fields import field_of
from pages.shared import service_list
from pages.shared.page_frame import plain
from pages.shared.service_list import PARIS

_STEPS: Final = ("1. Colonnes", "2. Lignes", "3. Fusion")
_STEP: Final = "adopter_etape"
_DONE: Final = "adopter_dit"
_FILE: Final = "_adopter_fichier"
_VISIT: Final = "_adopter_visite"
_KEPT_FOR: Final = "15m"
_MOST_ROWS: Final = 500
_MOST_WORDS: Final = 12
_EACH_ITS_OWN: Final = "chacune a le sien"
_NOT_TAKEN: Final = "ne pas prendre"
_NOT_ANSWERED: Final = "– à dire –"
_NOTHING: Final = "rien : ne pas en tenir compte"
_LABELS: Final[Mapping[str, str]] = {
    adopting.LEFT: "– laissée –",
    adopting.KEPT: "gardée telle quelle",
    adopting.POINT: "Latitude, longitude",
    **{day: f"Horaires du {day}" for day in adopting.DAYS},
}
_TYPES: Final = {kind.label: str(kind) for kind in ServiceType}
_NEWER: Final = {"ours": "la nôtre", "theirs": "la leur", "unknown": "on ne sait pas"}


def panel(content: bytes, services: gpd.GeoDataFrame | None) -> None:
    """Draw the three steps; `services`: the current list, None where there is none."""
    sheets = _read(content)
    if isinstance(sheets, str):
        st.error(plain(sheets), icon="⚠️")
        return
    if outcome := st.session_state.pop(_DONE, ""):
        st.success(plain(outcome), icon="✅")
    key = hashlib.sha256(content).hexdigest()[:16]
    if st.session_state.get(_FILE) != key:
        st.session_state[_FILE] = key
        _go(0)
    st.session_state.setdefault(_STEP, _STEPS[0])
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = st.segmented_control(
            "Étape", _STEPS, key=_STEP, label_visibility="collapsed", required=True
        )
        step = chosen or _STEPS[0]
        st.markdown(
            "Dites ce que contient ce tableau, puis ce qui est pris. Rien ne change avant la fin.",
            width="content",
        )
    sheet = _choose_sheet(sheets, key)
    choices, key = _kept_choices(sheet, key, step)
    if step == _STEPS[0]:
        _columns(sheet, choices, key)
        return
    try:
        adopted = _adopt(f"{key}{choices!r}", sheet, choices)
    except adopting.Unclear as error:
        st.warning(plain(str(error)), icon="⚠️")
        st.button("Revenir aux colonnes", on_click=_go, args=(0,))
        return
    if step == _STEPS[1]:
        _lines(adopted, choices, key)
    else:
        _merge(sheet, adopted, choices, services, key)


@st.cache_resource(max_entries=2, ttl=_KEPT_FOR, scope="session", show_spinner="Lecture…")
def _read(content: bytes) -> tuple[Sheet, ...] | str:
    try:
        return adopting.read_sheets(content)
    except UnreadableFile as error:
        return str(error)


@st.cache_resource(max_entries=4, ttl=_KEPT_FOR, scope="session", show_spinner="Lecture…")
def _adopt(key: str, _sheet: Sheet, _choices: Choices) -> Adopted:  # noqa: ARG001 kept by the key
    return adopting.adopt(_sheet, _choices)


@st.cache_resource(max_entries=2, ttl=_KEPT_FOR, scope="session", show_spinner="Lecture…")
def _recognised(key: str, _sheet: Sheet) -> tuple[Column, ...]:  # noqa: ARG001 kept by the key
    return adopting.recognised(_sheet)


def _choose_sheet(sheets: tuple[Sheet, ...], key: str) -> Sheet:
    if len(sheets) == 1:
        return sheets[0]
    label = {one.name: f"{one.name} ({french.count(len(one.rows), 'ligne')})" for one in sheets}
    name = st.selectbox(
        "Feuille", list(label), format_func=lambda one: label[one], key=f"adopter_feuille_{key}"
    )
    return next(sheet for sheet in sheets if sheet.name == name)


@dataclass
class _Visit:
    """What was chosen for a sheet in this visit.

    `shown`: the choices with which this step began, from which its widgets are drawn. `turn` is
    part of their keys, so that they begin anew with each step.
    """

    choices: Choices
    known: bool
    shown: Choices
    step: str = ""
    turn: int = 0


def _kept_choices(sheet: Sheet, key: str, step: str) -> tuple[Choices, str]:
    """Return what was chosen in this visit, else for the file's last edition, else the proposal.

    Also the key of this step's widgets.
    """
    place = f"_adopter_{key}_{fold(sheet.name)}"
    if place not in st.session_state:
        known = adopting.remembered(service_list.path(), sheet) if access.editor() else None
        begun = known or adopting.choices_of(_recognised(f"{key}{sheet.name}", sheet))
        st.session_state[place] = _Visit(begun, known is not None, begun)
    visit: _Visit = st.session_state[place]
    if visit.step != step:
        visit.step, visit.shown, visit.turn = step, visit.choices, visit.turn + 1
    if visit.known:
        st.caption("Un fichier de mêmes colonnes a déjà été pris : ses choix sont repris.")
    st.session_state[_VISIT] = visit
    return (visit.shown if step == _STEPS[0] else visit.choices), f"{key}_{visit.turn}"


def _keep(choices: Choices) -> None:
    st.session_state[_VISIT].choices = choices


def _keep_and_go(choices: Choices, step: int) -> None:
    _keep(choices)
    _go(step)


def _go(step: int) -> None:
    st.session_state[_STEP] = _STEPS[step]


def _label(role: str) -> str:
    return _LABELS.get(role) or field_of(role).label


# --- 1. columns ---------------------------------------------------------------------------


def _columns(sheet: Sheet, choices: Choices, key: str) -> None:
    if sheet.notes:
        st.caption(plain(" ".join(sheet.notes)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = st.text_input(
            "D’où viennent ces informations ?",
            choices.source,
            placeholder="Conseil départemental de la Vienne, mars 2026",
            key=f"adopter_source_{key}",
        )
        dated = st.text_input(
            "De quand sont-elles ?",
            choices.dated,
            placeholder="2026, 2026-11 ou 2026-11-22",
            key=f"adopter_date_{key}",
        ).strip()
        kinds = [_EACH_ITS_OWN, *_TYPES]
        kind = st.selectbox(
            "Le type des lignes",
            kinds,
            index=kinds.index(ServiceType(choices.kind).label) if choices.kind else 0,
            format_func=lambda one: one if one == _EACH_ITS_OWN else f"toutes : {one}",
            key=f"adopter_type_{key}",
        )
    roles = _choose_roles(_recognised(f"{key}{sheet.name}", sheet), choices, key)
    home = choices.departement
    if "commune" in roles.values() and not {"code_postal", "code_insee"} & set(roles.values()):
        known = communes.read_departements()["nom"]
        codes = ["", *map(str, known.index)]
        home = st.selectbox(
            "Le département des communes, qui n’ont pas de code postal",
            codes,
            index=codes.index(home) if home in codes else 0,
            format_func=lambda code: f"{known[code]} ({code})" if code else "plusieurs, ou inconnu",
            key=f"adopter_departement_{key}",
            width=420,
        )
    closed = choices.empty_days_closed
    if set(roles.values()) & set(adopting.DAYS):
        closed = st.checkbox(
            "Une case vide parmi les jours veut dire : fermé ce jour-là (sinon, on ne sait pas)",
            closed,
            key=f"adopter_vide_{key}",
        )
    wanted = replace(
        choices,
        columns=roles,
        source=source.strip(),
        dated=str(partial_date.parse(dated) or ""),
        departement=home,
        kind=_TYPES.get(kind, ""),
        empty_days_closed=closed,
    )
    _keep(wanted)
    if dated and not wanted.dated:
        st.warning("La date s’écrit 2026, 2026-11 ou 2026-11-22 : elle n’est pas prise.", icon="⚠️")
    for role, names in adopting.used_twice(roles).items():
        told = " et ".join(f"« {name} »" for name in names)
        st.warning(
            plain(f"Deux colonnes pour « {_label(role)} » : {told}. N’en garder qu’une."), icon="⚠️"
        )
    st.button("Continuer : les lignes", type="primary", on_click=_go, args=(1,))


def _choose_roles(columns: tuple[Column, ...], choices: Choices, key: str) -> dict[str, str]:
    """Draw the columns of the file, with what each becomes; return the roles by name."""
    roles = {_label(role): role for role in adopting.ROLES if role != "id"} | {_label("id"): "id"}
    checks = sum(not column.sure and bool(choices.columns[column.name]) for column in columns)
    left = sum(not choices.columns[column.name] for column in columns)
    st.markdown(
        f"**{french.count(len(columns) - left, 'colonne reconnue', 'colonnes reconnues')}**, dont "
        f"{checks} à vérifier ; {french.count(left, 'laissée')}. Corriger dans « Devient »."
    )
    table = pd.DataFrame(
        {
            "Colonne": [column.name for column in columns],
            "Devient": [_label(choices.columns[column.name]) for column in columns],
            "Exemples": [" · ".join(text[:60] for text in column.examples) for column in columns],
            "Pourquoi": [
                column.why
                if column.sure or not choices.columns[column.name]
                else f"À vérifier. {column.why}"
                for column in columns
            ],
        }
    )
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=["Colonne", "Exemples", "Pourquoi"],
        column_config={
            "Colonne": st.column_config.TextColumn(width=170),
            "Devient": st.column_config.SelectboxColumn(
                options=list(roles), required=True, width=165
            ),
            "Exemples": st.column_config.TextColumn(width="large"),
            "Pourquoi": st.column_config.TextColumn(width="large"),
        },
        height=min(520, 38 + 35 * len(table)),
        key=f"adopter_colonnes_{key}",
    )
    return {
        column.name: roles[label] for column, label in zip(columns, edited["Devient"], strict=True)
    }


# --- 2. lines -----------------------------------------------------------------------------


def _lines(adopted: Adopted, choices: Choices, key: str) -> None:
    outcomes = adopted.outcomes
    left = int(((outcomes["id"] == "") & (outcomes["why"] != "")).sum())
    hidden = int((outcomes["hidden"] & (outcomes["id"] != "")).sum())
    secret = french.count(hidden, "lieu confidentiel", "lieux confidentiels")
    st.markdown(
        f"**{french.count(len(adopted.rows), 'ligne prise', 'lignes prises')}**"
        f"{f', dont {secret}' if hidden else ''} ; {french.count(left, 'laissée')} de côté."
    )
    wanted = _choose_words(adopted, choices, key)
    wanted = _choose_meanings(adopted, wanted, key)
    wanted = _choose_told(adopted, wanted, key)
    wanted = _choose_shelters(adopted, wanted, key)
    wanted = _choose_types(outcomes, wanted, key)
    with st.container(horizontal=True):
        go = (wanted, 2)
        st.button("Continuer : la fusion", type="primary", on_click=_keep_and_go, args=go)
        if wanted != choices:
            st.button("Appliquer ces choix", on_click=_keep, args=(wanted,))


def _choose_words(adopted: Adopted, choices: Choices, key: str) -> Choices:
    """Ask for the types that no word tells, once for each word of the type's column."""
    words = sorted(adopted.unknown_types, key=lambda word: -adopted.unknown_types[word])
    if not words:
        return choices
    st.markdown(
        "**Quel est leur type ?** Rien ne le dit pour ces lignes ; sans type, elles restent de "
        "côté. Si toutes les lignes ont le même, le dire à l’étape des colonnes."
    )
    kinds = dict(choices.kinds)
    with st.container(horizontal=True):
        for place, word in enumerate(words[:_MOST_WORDS]):
            count = french.count(adopted.unknown_types[word], "ligne")
            said = f"« {word[:40]} » ({count})" if word else f"sans type ({count})"
            kind = st.selectbox(
                plain(said),
                list(_TYPES),
                index=None,
                placeholder="laisser de côté",
                key=f"adopter_mot_{key}_{place}_{fold(word)[:20]}",
                width=230,
            )
            if kind:
                kinds[fold(word)] = _TYPES[kind]
    return replace(choices, kinds=kinds)


def _choose_meanings(adopted: Adopted, choices: Choices, key: str) -> Choices:
    """Ask what the words of closed lists mean that are not understood, once for each."""
    odd = adopted.unknown_words
    if not odd:
        return choices
    answers = dict(choices.words)
    with st.expander(
        f"Mots à traduire ({french.number(len(odd))}) : sans réponse, laissés de côté"
    ):
        for column in adopting.WORD_COLUMNS:
            words = [word for word in odd if word.column == column]
            words = sorted(words, key=lambda word: (-odd[word][1], word))[:_MOST_ROWS]
            if not words:
                continue
            labels = {label: value for value, label in vocabulary(column).items()}
            edited = st.data_editor(
                pd.DataFrame(
                    {
                        _label(column): [odd[word][0] for word in words],
                        "Lignes": [odd[word][1] for word in words],
                        "Veut dire": _NOT_ANSWERED,
                    }
                ),
                hide_index=True,
                disabled=[_label(column), "Lignes"],
                column_config={
                    _label(column): st.column_config.TextColumn(width=300),
                    "Lignes": st.column_config.NumberColumn(width=70),
                    "Veut dire": st.column_config.SelectboxColumn(
                        options=[_NOT_ANSWERED, _NOTHING, *labels], required=True, width=240
                    ),
                },
                height=min(250, 38 + 35 * len(words)),
                key=f"adopter_mots_{key}_{column}_{_mark(words)}",
            )
            for word, answer in zip(words, edited["Veut dire"], strict=True):
                if answer != _NOT_ANSWERED:
                    answers[word] = labels.get(answer, "")
    return replace(choices, words=answers)


def _mark(rows: Sequence[adopting.Word] | Sequence[adopting.Told]) -> str:
    """Return what is the same for these rows alone: an answer is kept by the place of its row."""
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:8]


def _choose_told(adopted: Adopted, choices: Choices, key: str) -> Choices:
    """Show what names tell of the services, to be taken or not."""
    told = sorted(adopted.told, key=lambda one: (not one.sure, -len(adopted.told[one]), one))
    if not told:
        return choices
    before = [choices.named.get(adopting.Word(one.column, one.word), one.sure) for one in told]
    with st.expander(
        f"Ce que disent les noms ({french.number(len(told))}) : ce qui est coché est pris"
    ):
        edited = st.data_editor(
            pd.DataFrame(
                {
                    "Prendre": before,
                    "Colonne": [_label(one.column) for one in told],
                    "Ajoute": [vocabulary(one.column)[one.word] for one in told],
                    "Lignes": [len(adopted.told[one]) for one in told],
                    "Par exemple": [
                        adopted.outcomes.loc[adopted.told[one][0], "name"] for one in told
                    ],
                }
            ),
            hide_index=True,
            disabled=["Colonne", "Ajoute", "Lignes", "Par exemple"],
            column_config={
                "Prendre": st.column_config.CheckboxColumn(width=80),
                "Lignes": st.column_config.NumberColumn(width=70),
                "Par exemple": st.column_config.TextColumn(width="large"),
            },
            height=min(250, 38 + 35 * len(told)),
            key=f"adopter_noms_{key}_{_mark(told)}",
        )
    named = dict(choices.named)
    for one, was, take in zip(told, before, edited["Prendre"], strict=True):
        if was != bool(take):
            named[adopting.Word(one.column, one.word)] = bool(take)
    return replace(choices, named=named)


def _choose_shelters(adopted: Adopted, choices: Choices, key: str) -> Choices:
    """Ask which lines whose name speaks of a shelter are none."""
    lines = sorted({*adopted.shelters, *choices.not_shelters})
    if not lines:
        return choices
    shown = [line for line in lines if line in adopted.outcomes.index][:_MOST_ROWS]
    with st.expander(
        f"Peut-être des hébergements ({french.number(len(lines))}) : leur adresse n’est pas prise"
    ):
        st.caption(
            "Cocher seulement ce qui n’est sûrement pas un hébergement, comme un foyer rural ou "
            "une résidence pour personnes âgées : son adresse sera publique."
        )
        table = pd.DataFrame(
            {
                "Pas un hébergement": [line in choices.not_shelters for line in shown],
                "Ligne": shown,
                "Nom": [adopted.outcomes.loc[line, "name"] for line in shown],
            }
        )
        edited = st.data_editor(
            table,
            hide_index=True,
            disabled=["Ligne", "Nom"],
            key=f"adopter_abris_{key}",
        )
    ticked = edited.loc[edited["Pas un hébergement"], "Ligne"]
    return replace(choices, not_shelters=tuple(map(int, ticked)))


def _choose_types(outcomes: pd.DataFrame, choices: Choices, key: str) -> Choices:
    """Draw what became of each line; its type can be chosen there."""
    apart = outcomes.index[outcomes["why"] == ""]
    if len(apart):
        lines = ", ".join(map(str, apart[:_MOST_WORDS])) + (
            " …" if len(apart) > _MOST_WORDS else ""
        )
        st.caption(f"Titres, totaux ou notes, qui ne sont pas des fiches : lignes {lines}.")
    outcomes = outcomes.drop(index=apart)
    doubtful = (outcomes["id"] == "") | ~outcomes["sure"] | (outcomes["remarks"] != "")
    every = st.toggle(
        f"Toutes les lignes ({french.number(len(outcomes))})",
        value=not doubtful.any(),
        key=f"adopter_toutes_{key}",
    )
    shown = outcomes if every else outcomes[doubtful]
    if len(shown) > _MOST_ROWS:
        st.caption(f"Les {_MOST_ROWS} premières lignes, sur {french.number(len(shown))}.")
        shown = shown.head(_MOST_ROWS)
    labels = {value: label for label, value in _TYPES.items()}
    before = [labels.get(kind, _NOT_TAKEN) for kind in shown["type"]]
    table = pd.DataFrame(
        {
            "Ligne": shown.index,
            "Nom": shown["name"],
            "Type": before,
            "Commune": shown["commune"],
            "Ce qui a été changé ou laissé": [
                remarks or ("" if sure else why)
                for remarks, sure, why in zip(
                    shown["remarks"], shown["sure"], shown["why"], strict=True
                )
            ],
        }
    )
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=["Ligne", "Nom", "Commune", "Ce qui a été changé ou laissé"],
        column_config={
            "Ligne": st.column_config.NumberColumn(width=60),
            "Nom": st.column_config.TextColumn(width=260),
            "Type": st.column_config.SelectboxColumn(
                options=[_NOT_TAKEN, *_TYPES], required=True, width=170
            ),
            "Commune": st.column_config.TextColumn(width=150),
            "Ce qui a été changé ou laissé": st.column_config.TextColumn(width="large"),
        },
        height=min(420, 38 + 35 * max(1, len(table))),
        key=f"adopter_lignes_{key}_{every}_{hashlib.sha256(repr(before).encode()).hexdigest()[:8]}",
    )
    rows = dict(choices.rows)
    for line, was, becomes in zip(shown.index, before, edited["Type"], strict=True):
        if was != becomes:
            rows[int(line)] = _TYPES.get(becomes, "")
    return replace(choices, rows=rows)


# --- 3. merge -----------------------------------------------------------------------------


def _merge(
    sheet: Sheet,
    adopted: Adopted,
    choices: Choices,
    services: gpd.GeoDataFrame | None,
    key: str,
) -> None:
    if adopted.needs_source:
        st.warning("Dire d’abord, aux colonnes, d’où viennent ces informations.", icon="⚠️")
        st.button("Revenir aux colonnes", on_click=_go, args=(0,))
        return
    if adopted.rows.empty:
        st.warning("Aucune ligne n’est prise : leur donner un type à l’étape des lignes.", icon="⚠️")
        st.button("Revenir aux lignes", on_click=_go, args=(1,))
        return
    role = access.editor()
    if role is None:
        _without_right(adopted)
    elif services is None:
        _begin_list(sheet, adopted, choices, role)
    else:
        _choose_merge(sheet, adopted, choices, services, role, key)


def _without_right(adopted: Adopted) -> None:
    st.markdown(
        f"{french.count(len(adopted.rows), 'fiche prête', 'fiches prêtes')}, au format de la "
        "liste. Ici la liste ne peut pas être modifiée : télécharger les fiches, et les donner à "
        "la personne qui tient le site."
    )
    _download(adopted, primary=True)


def _download(adopted: Adopted, *, primary: bool = False) -> None:
    st.download_button(
        "Télécharger les fiches (CSV)",
        lambda: exports.for_excel(adopted.rows),
        file_name="fiches.csv",
        mime="text/csv",
        on_click="ignore",
        type="primary" if primary else "secondary",
    )


def _begin_list(sheet: Sheet, adopted: Adopted, choices: Choices, role: str) -> None:
    count = french.count(len(adopted.rows), "fiche")
    st.markdown(f"Il n’y a pas encore de liste : elle commencerait avec {count}.")
    with st.container(horizontal=True):
        if st.button("Commencer la liste avec ces fiches", type="primary"):
            _write(
                lambda: service_list.store().begin(
                    adopted.content(), who=role, now=datetime.now(PARIS)
                ),
                sheet,
                choices,
                f"La liste a {count}.",
            )
        _download(adopted)


def _choose_merge(
    sheet: Sheet,
    adopted: Adopted,
    choices: Choices,
    services: gpd.GeoDataFrame,
    role: str,
    key: str,
) -> None:
    compared = _compare(key + repr(choices) + service_list.current().signature, services, adopted)
    new, lines = compared.new, compared.differences
    st.markdown(
        f"**{french.count(len(new), 'nouvelle fiche', 'nouvelles fiches')}**, "
        f"{french.count(len(lines), 'case différente', 'cases différentes')} dans "
        f"{french.count(lines['ours'].nunique(), 'fiche connue', 'fiches connues')}, "
        f"{french.count(len(compared.same), 'fiche confirmée', 'fiches confirmées')}. "
        "Rien n’est pris sans être coché."
    )
    if compared.refused:
        st.caption(
            f"{french.count(len(compared.refused), 'fiche refusée', 'fiches refusées')} : dirait "
            "où se trouve un lieu que la liste garde confidentiel."
        )
    # What is ticked is known by its line: other lines, as after somebody's save, begin unticked.
    add = _choose_new(new, f"{key}_{_digest(new)}")
    take = _choose_cells(lines, services, f"{key}_{_digest(lines)}")
    with st.container(horizontal=True):
        ready = bool(add or take)
        if st.button("Mettre dans la liste", type="primary", disabled=not ready):
            wanted = merging.Choices(add, take)
            _write(
                lambda: _save(compared, wanted, role),
                sheet,
                choices,
                f"{french.count(len(add), 'fiche ajoutée', 'fiches ajoutées')}, "
                f"{french.count(len(take), 'case reprise', 'cases reprises')}. "
                "La vue « Historique » permet d’annuler.",
            )
        _download(adopted)


@st.cache_resource(max_entries=2, ttl=_KEPT_FOR, scope="session", show_spinner="Comparaison…")
def _compare(
    key: str,  # noqa: ARG001 what the answer is kept by
    _services: gpd.GeoDataFrame,
    _adopted: Adopted,
) -> merging.Comparison:
    return merging.compare(_services, read_services(io.BytesIO(_adopted.content())).services)


def _digest(rows: pd.DataFrame) -> str:
    return hashlib.sha256(rows.to_csv().encode()).hexdigest()[:16]


def _choose_new(new: pd.DataFrame, key: str) -> tuple[str, ...]:
    if new.empty:
        return ()
    every = st.checkbox(
        f"Ajouter {french.count(len(new), 'nouvelle fiche', 'nouvelles fiches')}",
        key=f"adopter_ajouter_{key}",
    )
    table = pd.DataFrame(
        {
            "Ajouter": every,
            "Nom": new["nom"],
            "Type": [ServiceType(kind).label for kind in new["type"]],
            "Commune": new["commune"],
            "Téléphone": new["telephone"],
        }
    )
    edited = st.data_editor(
        table.reset_index(drop=True),
        hide_index=True,
        disabled=["Nom", "Type", "Commune", "Téléphone"],
        column_config={"Ajouter": st.column_config.CheckboxColumn(width=80)},
        height=min(320, 38 + 35 * len(table)),
        key=f"adopter_nouvelles_{key}_{every}",
    )
    return tuple(str(one) for one in new.index[edited["Ajouter"].to_numpy(dtype=bool)])


def _choose_cells(
    lines: pd.DataFrame, services: gpd.GeoDataFrame, key: str
) -> tuple[tuple[str, str], ...]:
    if lines.empty:
        return ()
    st.markdown("**Ce qui diffère**, côte à côte : cocher ce qui doit être repris du fichier.")
    table = pd.DataFrame(
        {
            "Reprendre": False,
            "Fiche": list(lines["ours"].map(services["nom"])),
            "Colonne": [_label(column) for column in lines["column"]],
            "Notre liste": list(map(readable.said, lines["column"], lines["our_value"])),
            "Le fichier": list(map(readable.said, lines["column"], lines["their_value"])),
            "Plus récente": list(lines["newer"].map(_NEWER)),
        }
    )
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=[name for name in table.columns if name != "Reprendre"],
        column_config={
            "Reprendre": st.column_config.CheckboxColumn(width=110),
            "Fiche": st.column_config.TextColumn(width=200),
        },
        height=min(420, 38 + 35 * len(table)),
        key=f"adopter_cases_{key}",
    )
    chosen = lines[edited["Reprendre"].to_numpy(dtype=bool)]
    return tuple((str(a), str(b)) for a, b in zip(chosen["ours"], chosen["column"], strict=True))


def _save(compared: merging.Comparison, wanted: merging.Choices, role: str) -> None:
    store = service_list.store()
    cells = store.cells(role)
    merged = merging.apply(cells, compared, wanted)
    edits = keeping.edits_between(cells, merged)
    store.save(edits, who=role, now=datetime.now(PARIS))


def _write(save: Callable[[], None], sheet: Sheet, choices: Choices, done: str) -> None:
    """Write the list, remember how the file was read, and say the outcome on the next run."""
    if access.editor() is None:
        st.error("Vous ne pouvez plus modifier la liste : se reconnecter.", icon="⚠️")
        return
    try:
        save()
        if not service_list.store().is_base:
            adopting.remember(service_list.path(), sheet, choices)
    except (ValueError, TypeError, OSError) as error:
        st.error(plain(saving.failure_words(error)), icon="⚠️")
        return
    st.session_state[_DONE] = done
    st.rerun(scope="app")
