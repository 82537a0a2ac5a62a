"""A report as a DOCX, for a meeting to edit: Word's own styles, and the maps as pictures.

What python-docx has no call for is standard OOXML (ISO/IEC 29500-1) and is in the functions under
*OOXML*: page numbers, captions that count themselves, words for pictures, heads that are repeated.
"""

import io
import unicodedata
import zipfile
from collections.abc import Iterable
from copy import deepcopy
from functools import cache
from typing import Final

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shape import InlineShape
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table as WordTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph as WordParagraph

from geodata.paper import _layout
from geodata.paper._typesetting import solid
from geodata.paper.map_picture import to_png
from geodata.paper.report import _svg
from geodata.paper.report._archive import zipped
from geodata.paper.report._blocks import (
    Block,
    Bullets,
    Figures,
    Heading,
    Map,
    NewPage,
    Paragraph,
    Size,
    Table,
    Title,
    Weeks,
)
from geodata.paper.report._material import Material
from geodata.situation import words

_TYPEFACE: Final = "Calibri"
_VIOLET: Final = RGBColor(0x4B, 0x2A, 0x6B)
_GREY: Final = RGBColor(0x46, 0x46, 0x46)
_PIXELS: Final = 1200
_GRID: Final = "Table Grid"
_LONGEST_CELL, _LONGEST = 120, 2400
_LEAD, _NOTE, _FIGURE, _CELL = "Chapeau", "Note", "Chiffre", "Cellule"
_STYLES: Final = {
    # name: points, bold, colour, space before and after in points
    "Normal": (11, False, None, 0, 6),
    "Title": (24, True, _VIOLET, 0, 10),
    "Heading 1": (18, True, _VIOLET, 0, 8),
    "Heading 2": (13, True, _VIOLET, 12, 4),
    "List Bullet": (10.5, False, None, 0, 3),
    "Caption": (9.5, True, _GREY, 10, 3),
    "Footer": (9, False, _GREY, 0, 0),
    _LEAD: (13, False, None, 0, 6),
    _NOTE: (9.5, False, _GREY, 3, 6),
    _FIGURE: (26, True, None, 0, 0),
    _CELL: (9.5, False, None, 1, 1),
}
_PARAGRAPHS: Final = {Size.LEAD: _LEAD, Size.NOTE: _NOTE}


class Writer:
    """A document that chapters are written into, one after the other."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._document = docx.Document(io.BytesIO(_template()))
        self._counts = {"Carte": 0, "Tableau": 0, "Figure": 0}
        _prepare(self._document, material)
        self._document.add_paragraph(_plain(material.title), style="Title")
        self._begun = self._below_table = False

    def write(self, blocks: Iterable[Block]) -> None:
        """Write a chapter."""
        for block in blocks:
            self._write(block)
            if isinstance(block, Paragraph | Bullets) and self._below_table:
                self._document.paragraphs[-1].paragraph_format.space_before = Pt(8)
            self._below_table = isinstance(block, Table)

    def content(self) -> bytes:
        """Return the file. The same chapters give the same bytes."""
        if self._below_table:  # Word wants a paragraph at the end
            self._document.add_paragraph()
        buffer = io.BytesIO()
        self._document.save(buffer)
        with zipfile.ZipFile(buffer) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        return zipped(files, self._material.now)

    def _write(self, block: Block) -> None:  # noqa: C901, one case a block
        document = self._document
        match block:
            case Title():
                self._chapter(block.text)
            case Heading():
                document.add_paragraph(_plain(block.text), style="Heading 2")
            case NewPage():
                document.add_paragraph().paragraph_format.page_break_before = True
            case Paragraph():
                style = _PARAGRAPHS.get(block.size, "Normal")
                document.add_paragraph(style=style).add_run(_plain(block.text)).bold = (
                    block.bold or None
                )
            case Bullets():
                for text in block.texts:
                    document.add_paragraph(_plain(text), style="List Bullet")
            case Figures():
                self._figures(block)
            case Table():
                self._table(block)
            case Map():
                self._picture(_svg.of_map(block), "Carte", block.name, block.words)
                document.add_paragraph(_plain(block.note), style=_NOTE)
            case Weeks():
                said = " ".join(week.words for week in block.weeks)
                name = " et ".join(week.name.lower() for week in block.weeks)
                self._picture(_svg.of_weeks(block), "Figure", f"La semaine : {name}", said)

    def _chapter(self, title: str) -> None:
        """Begin a page with a chapter; the cover, or the first one, goes on under the title."""
        begun, self._begun = self._begun, True
        if title == self._material.title:
            return
        heading = self._document.add_paragraph(_plain(title), style="Heading 1")
        if not begun:
            heading.paragraph_format.page_break_before = False

    def _figures(self, block: Figures) -> None:
        table = self._document.add_table(rows=1, cols=len(block.columns))
        for cell, (name, figures) in zip(table.rows[0].cells, block.columns, strict=True):
            texts = [(name, "Strong")] if name else []
            for figure, people in figures:
                texts += [(figure, _FIGURE), (people, "")]
            for place, (text, style) in enumerate(texts):
                paragraph = cell.paragraphs[0] if place == 0 else cell.add_paragraph()
                if style == "Strong":
                    paragraph.add_run(_plain(text), style=style)
                else:
                    paragraph.add_run(_plain(text))
                    paragraph.style = style or "Normal"

    def _table(self, block: Table) -> None:
        self._caption("Tableau", block.name).paragraph_format.keep_with_next = True
        table = self._document.add_table(rows=1, cols=len(block.head), style=_GRID)
        table.autofit = False
        for column, width in zip(table.columns, block.widths, strict=True):
            column.width = Mm(width)
        for cell, text, width in zip(table.rows[0].cells, block.head, block.widths, strict=True):
            cell.width = Mm(width)
            _fill(cell, text, block.points, bold=True)
        _repeat_head(table)
        for place, cell in enumerate(table.add_row().cells):
            _fill(cell, "…", block.points, right=place in block.numbers)
        _fill_rows(table, [[_plain(text, longest=_LONGEST_CELL) for text in r] for r in block.rows])

    def _picture(self, drawn: tuple[str, float], kind: str, name: str, said: str) -> None:
        svg, _ = drawn
        png = to_png(svg.encode(), _PIXELS)
        shape = self._document.add_picture(io.BytesIO(png), width=Mm(_layout.WIDTH))
        _tell(shape, _plain(said))
        self._document.paragraphs[-1].paragraph_format.keep_with_next = True
        self._caption(kind, name)

    def _caption(self, kind: str, name: str) -> WordParagraph:
        """Write `Tableau 3. Par intercommunalité`, whose number Word keeps right."""
        self._counts[kind] += 1
        paragraph = self._document.add_paragraph(f"{kind} ", style="Caption")
        _field(paragraph, f"SEQ {kind} \\* ARABIC", str(self._counts[kind]))
        paragraph.add_run(f". {_plain(name)}")
        return paragraph


@cache
def _template() -> bytes:
    """Return the library's empty document with one style of tables: Word offers its others itself.

    Every look-up of a style goes through all of them.
    """
    document = docx.Document()
    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name not in ("Normal Table", _GRID):
            style.delete()
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _fill(
    cell: _Cell, text: str, points: float, *, bold: bool = False, right: bool = False
) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.style = _CELL
    run = paragraph.add_run(_plain(text, longest=_LONGEST_CELL))
    run.font.size = Pt(points)
    if bold:
        run.bold = True
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _prepare(document: Document, material: Material) -> None:
    """Set page, styles, language, what the file says of itself, and the foot of every page."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = Mm(_layout.MARGIN)
    section.bottom_margin = Mm(20)
    for name in (_LEAD, _NOTE, _FIGURE, _CELL):
        document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = document.styles[
            "Normal"
        ]
    for name in _STYLES:
        _set_style(document.styles[name], name)
    document.styles["Heading 1"].paragraph_format.page_break_before = True
    _without_rule(document.styles["Title"])
    _in_french(document)
    _as_word_of_today(document)
    said = document.core_properties
    said.title, said.subject = _plain(material.title), words.asked(material.situation.question)
    said.author = said.last_modified_by = said.comments = ""
    said.language = "fr-FR"
    said.created = said.modified = material.now.replace(tzinfo=None)
    foot = section.footer.paragraphs[0]
    stops = document.styles["Footer"].paragraph_format.tab_stops
    stops.clear_all()
    stops.add_tab_stop(Mm(_layout.WIDTH), WD_TAB_ALIGNMENT.RIGHT)
    foot.add_run(f"{_plain(material.foot)}\tPage ")
    _field(foot, "PAGE", "1")
    foot.add_run(" sur ")
    _field(foot, "NUMPAGES", "1")


def _set_style(style: ParagraphStyle, name: str) -> None:
    points, bold, colour, before, after = _STYLES[name]
    style.font.name, style.font.size, style.font.bold = _TYPEFACE, Pt(points), bold
    style.font.italic = False
    if colour:
        style.font.color.rgb = colour
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    style.paragraph_format.line_spacing = 1.1


def _plain(text: str, *, longest: int = _LONGEST) -> str:
    """Return a text without what a document may not hold or would not show; cut if very long."""
    kept = "".join(
        " " if sign.isspace() and sign not in "\u00a0\u202f" else sign
        for sign in text
        if sign.isspace() or unicodedata.category(sign)[0] != "C"
    )
    return solid(kept if len(kept) <= longest else f"{kept[: longest - 1].rstrip()}…")


# --- OOXML --------------------------------------------------------------------------------


def _field(paragraph: WordParagraph, instruction: str, shown: str) -> None:
    """Add a field, which Word counts anew: `shown` stands there until then (17.16.19)."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), instruction)
    run = paragraph.add_run(shown)
    field.append(run._element)
    paragraph._p.append(field)


def _repeat_head(table: WordTable) -> None:
    """Have the first row at the top of every page of a table (17.4.49)."""
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _fill_rows(table: WordTable, rows: Iterable[Iterable[str]]) -> None:
    """Write rows like the last one of a table, which is theirs to copy.

    The library looks every style up again for each cell: ten times as long.
    """
    model = table.rows[-1]._tr
    for texts in rows:
        row = deepcopy(model)
        for place, text in zip(row.iter(qn("w:t")), texts, strict=True):
            place.text = text
        model.addprevious(row)
    table._tbl.remove(model)


def _tell(shape: InlineShape, text: str) -> None:
    """Say in words what a picture shows (20.4.2.5)."""
    shape._inline.docPr.set("descr", text)


def _without_rule(style: ParagraphStyle) -> None:
    """Take the line below the paragraphs of a style away (17.3.1.24)."""
    for border in list(style.element.iter(qn("w:pBdr"))):
        border.getparent().remove(border)


def _in_french(document: Document) -> None:
    """Set the language of all text (17.3.2.20)."""
    for lang in document.styles.element.iter(qn("w:lang")):
        lang.set(qn("w:val"), "fr-FR")


def _as_word_of_today(document: Document) -> None:
    """Have Word open it as its own, not in the compatibility mode of 2010 ([MS-DOCX] 2.3.3)."""
    for setting in document.settings.element.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")
