"""Tagged PDF, which a screen reader reads as a page of headings, paragraphs, lists and tables.

Whatever is drawn belongs to the structure element that is open (`TaggedPDF.tag`), or else is an
artifact, which a screen reader skips: nothing is without a mark. Source: ISO 32000-1, 14.7 and
14.8. fpdf2 itself tags pictures only, so its structure tree is replaced; what is used of its
private parts is `_out`, `struct_builder`, `struct_parents` and `Table._render_table_cell`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from html import escape
from typing import Any, Final, NamedTuple

from fpdf import FPDF
from fpdf.output import PDFPage
from fpdf.prefs import ViewerPreferences
from fpdf.syntax import PDFObject, PDFString
from fpdf.table import Table

_GROUPS: Final = frozenset({"Document", "L", "LI", "Table", "TR"})
"""Kinds that hold elements. What is drawn in them, such as the lines of a table, is an artifact."""

# Nothing here claims PDF/UA: the reference checker has not read these files.
_XMP: Final = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></dc:title>'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


class _Object(PDFObject):
    """An object of the structure tree."""

    def entries(self) -> dict[str, object]:
        """Return the object's dictionary, once every object of the file has its number."""
        raise NotImplementedError

    def _build_obj_dict(self, *_: object) -> dict[str, object]:
        return self.entries()


class _Content(NamedTuple):
    """A marked content sequence of a page."""

    page: PDFPage
    number: int


class Element(_Object):
    """A structure element: its kind (`P`, `H1`, `Table`…), and what it holds in reading order."""

    def __init__(
        self, kind: str, parent: _Object, *, lang: str = "", alt: str = "", scope: str = ""
    ) -> None:
        super().__init__()
        self.kind = kind
        self.kids: list[Element | _Content] = []
        self._parent = parent
        self._texts = {"/Lang": lang, "/Alt": alt}
        self._scope = scope

    def entries(self) -> dict[str, object]:
        """See `_Object`."""
        kids = (
            kid.ref
            if isinstance(kid, Element)
            else f"<</Type /MCR /Pg {kid.page.ref} /MCID {kid.number}>>"
            for kid in self.kids
        )
        found: dict[str, object] = {
            "/Type": "/StructElem",
            "/S": f"/{self.kind}",
            "/P": self._parent.ref,
            "/K": f"[{' '.join(kids)}]",
        }
        found |= {name: PDFString(text).serialize() for name, text in self._texts.items() if text}
        if self._scope:
            found["/A"] = f"<</O /Table /Scope /{self._scope}>>"
        return found


class _Tree(_Object):
    """The root of the structure tree, in the place of the library's builder."""

    def __init__(self) -> None:
        super().__init__()
        self.document = Element("Document", self)
        self.doc_struct_elem = _NothingToNumber()
        self._owners: dict[PDFPage, list[Element]] = {}

    def add(self, page: PDFPage, element: Element) -> int:
        """Give an element one more marked content of a page, and return its number there."""
        owners = self._owners.setdefault(page, [])
        page.struct_parents = list(self._owners).index(page)
        element.kids.append(_Content(page, len(owners)))
        owners.append(element)
        return len(owners) - 1

    def empty(self) -> bool:
        """Return whether nothing has a tag."""
        return not self.document.kids

    def __iter__(self) -> Iterator[PDFObject]:
        yield self
        yield from _descendants(self.document)

    def entries(self) -> dict[str, object]:
        """See `_Object`."""
        numbers = (
            f"{number} [{' '.join(owner.ref for owner in owners)}]"
            for number, owners in enumerate(self._owners.values())
        )
        return {
            "/Type": "/StructTreeRoot",
            "/K": self.document.ref,
            "/ParentTree": f"<</Nums [{' '.join(numbers)}]>>",
        }


class _NothingToNumber:
    """What the library looks for in its own tree: elements to tell their page. Ours know it."""

    k: tuple[()] = ()


def _descendants(element: Element) -> Iterator[Element]:
    """Return an element and those below it, in reading order."""
    yield element
    for kid in element.kids:
        if isinstance(kid, Element):
            yield from _descendants(kid)


class TaggedPDF(FPDF):
    """A document in which everything drawn is under a structure element, or is an artifact."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._tree = _Tree()
        self.struct_builder = self._tree  # type: ignore[assignment]
        self._elements = [self._tree.document]
        self._replacement = ""
        self._repeating = False
        self._marks: dict[int, object] = {}
        self.cell_element: Element | None = None
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)

    def set_title(self, title: str) -> None:
        """Set the title, in both places where readers look for it."""
        super().set_title(title)
        self.set_xmp_metadata(_XMP.format(escape(title)))

    @contextmanager
    def tag(self, kind: str, *, lang: str = "", alt: str = "") -> Iterator[None]:
        """Open an element in the one that is open, for what is drawn in the block.

        Args:
            kind: a standard structure type: `P`, `H1`, `L`, `Figure`…
            lang: the language, where it is not the document's.
            alt: what a picture shows, in words.
        """
        if self._repeating:
            yield
            return
        element = Element(kind, self._elements[-1], lang=lang, alt=alt)
        self._elements[-1].kids.append(element)
        with self._within(element):
            yield

    @contextmanager
    def repeated(self) -> Iterator[None]:
        """Keep what is drawn in the block from being read: it stands elsewhere on the paper."""
        self._repeating = True
        yield
        self._repeating = False

    @contextmanager
    def read_as(self, text: str) -> Iterator[None]:
        """Say how to read what is drawn in the block, "" for letter by letter."""
        kept, self._replacement = self._replacement, text
        yield
        self._replacement = kept

    def draw_table(self, rows: Iterable[Sequence[str]], **options: Any) -> None:
        """Draw a table. The options are those of the library; the first row is its head."""
        with self.tag("Table"):
            table = _TaggedTable(self, self._elements[-1], **options)
            for row in rows:
                table.row(row)
            table.render()

    def multi_cell(self, *args: Any, **options: Any) -> Any:
        """See the library. In a table, the text alone is the cell's content: its lines are not."""
        cell, self.cell_element = self.cell_element, None
        with self._within(cell) if cell else nullcontext():
            return super().multi_cell(*args, **options)

    def output(self, *args: Any, **options: Any) -> Any:
        """See the library."""
        for page in tuple(self._marks):
            self._end_mark(page)
        return super().output(*args, **options)

    @contextmanager
    def _within(self, element: Element) -> Iterator[None]:
        self._elements.append(element)
        yield
        self._elements.pop()

    def _out(self, s: str | bytes) -> None:
        """Write to the page, under a mark that says what it belongs to."""
        element = self._elements[-1]
        wanted = None if element.kind in _GROUPS else (element, self._replacement)
        if self.page and self._marks.get(self.page, ...) != wanted:
            self._end_mark(self.page)
            self._marks[self.page] = wanted
            super()._out(self._mark(element) if wanted else "/Artifact BMC")
        super()._out(s)

    def _mark(self, element: Element) -> str:
        number = self._tree.add(self.pages[self.page], element)
        text = PDFString(self._replacement).serialize()
        actual = f" /ActualText {text}" if self._replacement else ""
        return f"/{element.kind} <</MCID {number}{actual}>> BDC"

    def _end_mark(self, page: int) -> None:
        if self._marks.pop(page, ...) is not ...:
            kept, self.page = self.page, page
            super()._out("EMC")
            self.page = kept


class _TaggedTable(Table):
    """A table whose rows and cells have tags; its head on further pages is an artifact."""

    _fpdf: TaggedPDF

    def __init__(self, fpdf: TaggedPDF, element: Element, **options: Any) -> None:
        super().__init__(fpdf, **options)
        self._element = element
        self._rows: dict[int, Element] = {}
        self._drawn: set[tuple[int, int]] = set()

    def _render_table_cell(self, i: int, j: int, *args: Any, **options: Any) -> Any:
        drawn = options.get("cell_height_info") is not None
        if drawn and (i, j) not in self._drawn:
            self._drawn.add((i, j))
            head = i < self._num_heading_rows
            row = self._row(i)
            cell = Element("TH" if head else "TD", row, scope="Column" if head else "")
            row.kids.append(cell)
            self._fpdf.cell_element = cell
        answer = super()._render_table_cell(i, j, *args, **options)
        self._fpdf.cell_element = None
        return answer

    def _row(self, i: int) -> Element:
        if i not in self._rows:
            self._rows[i] = Element("TR", self._element)
            self._element.kids.append(self._rows[i])
        return self._rows[i]
