"""The document for a meeting: an answer with its maps, pictures, tables, method and sources.

It says what the page Couverture says, of the same `Situation`, on paper: A4, readable in grey,
every colour in a legend and every picture told in words. No service that is hidden is in it.

A chapter is a row of `CHAPTERS`: a function that gives blocks (`_blocks`: titles, paragraphs,
tables, maps…) of the `Material`. Both formats write the same blocks: a chapter says nothing of how
it is drawn. A new part of the material is a field of `Material`, named in the `needs` of its row.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from geodata.paper.report import (
    _answer,
    _both,
    _communes,
    _method,
    _pdf,
    _pictures,
    _since,
    _tables,
    _word,
)
from geodata.paper.report._archive import bundle, file_name
from geodata.paper.report._blocks import Block
from geodata.paper.report._communes import MOST_IN_FULL
from geodata.paper.report._material import Material, Past

__all__ = [
    "CHAPTERS",
    "MOST_IN_FULL",
    "USUAL",
    "Chapter",
    "Material",
    "NoChapter",
    "Past",
    "bundle",
    "file_name",
    "to_docx",
    "to_pdf",
]

Progress = Callable[[float, str], object]


class NoChapter(ValueError):
    """No chapter is wanted and possible: there is nothing to write."""


@dataclass(frozen=True)
class Chapter:
    """A chapter of the report.

    Attributes:
        name: what the choice of chapters calls it.
        label: what people read there.
        content: gives its blocks, the first of them its `Title`; none where there is nothing to
            say.
        needs: the fields of `Material` without which it is left out.
        usual: whether it is in the report unless chosen otherwise.
    """

    name: str
    label: str
    content: Callable[[Material], Iterator[Block]]
    needs: tuple[str, ...] = ()
    usual: bool = True


CHAPTERS: Final = (
    Chapter("reponse", "La réponse", _answer.cover),
    Chapter("scenario", "Le scénario", _answer.scenario, needs=("before",)),
    Chapter("cote-a-cote", "Deux scénarios côte à côte", _both.both, needs=("compared",)),
    Chapter("cartes", "Les cartes", _pictures.maps),
    Chapter("semaine", "La semaine, heure par heure", _pictures.week),
    Chapter("aides", "Quelle aide manque, et où", _tables.by_aid, needs=("matrix",)),
    Chapter("territoires", "Par territoire", _tables.by_territory),
    Chapter(
        "rangs", "Les départements de la liste", _tables.ranks, needs=("everywhere",), usual=False
    ),
    Chapter("communes", "Les communes les moins bien servies", _communes.worst),
    Chapter("indicateurs", "Indicateurs de l’année", _tables.of_the_year, needs=("indicators",)),
    Chapter("depuis", "Depuis l’édition d’avant", _since.since, needs=("past",)),
    Chapter("methode", "Méthode et sources", _method.method),
    Chapter("annexe", "Toutes les communes (300 au plus)", _communes.annex, usual=False),
)
"""The chapters, in the order of the report."""

USUAL: Final = tuple(chapter.name for chapter in CHAPTERS if chapter.usual)
"""The names of the chapters of a report whose reader did not choose."""


def to_pdf(
    material: Material,
    chapters: Collection[str] | None = None,
    *,
    progress: Progress | None = None,
) -> bytes:
    """Return the report as a PDF file. The same arguments give the same bytes.

    Args:
        material: what it is made of.
        chapters: names of chapters; None for all. One that needs what `material` lacks is left out.
        progress: called with a share from 0 to 1, and in French what is made next.

    Raises NoChapter where none is left.
    """
    wanted = _wanted(material, chapters)
    pdf = _pdf.begin(material)
    for blocks in _contents(material, wanted, progress):
        _pdf.write(pdf, blocks)
    content = _pdf.end(pdf, material)
    if progress:
        progress(1, "Le dossier est prêt.")
    return content


def to_docx(
    material: Material,
    chapters: Collection[str] | None = None,
    *,
    progress: Progress | None = None,
) -> bytes:
    """Return the report as a DOCX file, for a meeting to edit. The arguments are `to_pdf`'s."""
    writer = _word.Writer(material)
    for blocks in _contents(material, _wanted(material, chapters), progress):
        writer.write(blocks)
    content = writer.content()
    if progress:
        progress(1, "Le dossier est prêt.")
    return content


def _wanted(material: Material, names: Collection[str] | None) -> list[Chapter]:
    """Return the chapters that are wanted and possible. Raises NoChapter where none is."""
    found = [
        chapter
        for chapter in CHAPTERS
        if (names is None or chapter.name in names)
        and all(getattr(material, need) is not None for need in chapter.needs)
    ]
    if not found:
        raise NoChapter("Choisir au moins un chapitre.")
    return found


def _contents(
    material: Material, chapters: Sequence[Chapter], progress: Progress | None
) -> Iterator[Iterator[Block]]:
    """Return the blocks of each chapter, and say what is made."""
    tell = progress or (lambda *_: None)
    for number, chapter in enumerate(chapters):
        share = number / (len(chapters) + 1)
        tell(share, f"Le dossier se prépare : {chapter.label.lower()}…")
        yield chapter.content(material)
    tell(len(chapters) / (len(chapters) + 1), "Le dossier se prépare : la mise en page…")
