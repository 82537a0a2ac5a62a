"""Typefaces for every script: PT Sans, and for the letters it lacks those of their own script.

PT Sans has Latin and Cyrillic. A text with other letters is shaped (joined, stacked) and put into
the order of its script by HarfBuzz and the Unicode bidirectional algorithm; other texts are not.
A PDF keeps only the letters used.
"""

import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import fontpkg_ibm_plex_sans_arabic
import fontpkg_pt_sans
import manimgx_fonts
import noto_cjk_sans_jp_regular

from geodata.paper._tagging import TaggedPDF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fpdf.fonts import TTFFont
    from fpdf.line_break import Fragment

FONT: Final = "pt-sans"

_PT_SANS: Final = fontpkg_pt_sans.ROOT / "files"
_ARABIC: Final = fontpkg_ibm_plex_sans_arabic.ROOT / "files"
_NOTO: Final = Path(manimgx_fonts.__file__).parent
_CJK: Final = Path(noto_cjk_sans_jp_regular.__file__).parent / "NotoSansCJKjp-Regular.otf"
_CJK_NAMES: Final = {"CJK", "HANGUL", "HIRAGANA", "KATAKANA", "BOPOMOFO", "IDEOGRAPHIC"}


@cache
def _typefaces(script: str) -> tuple[Path, ...]:
    """Return the files of the typefaces to look in, for the first word of a letter's Unicode name.

    >>> [file.name for file in _typefaces("GREEK")]
    ['NotoSans[wght].ttf']
    """
    if script in _CJK_NAMES:
        return (_CJK,)
    own = _NOTO / f"NotoSans{script.title()}[wght].ttf"
    files = (own if own.exists() else _NOTO / "NotoSans[wght].ttf",)
    return (_ARABIC / "IBMPlexSansArabic-Regular.ttf", *files) if script == "ARABIC" else files


class Paper(TaggedPDF):
    """A document that draws any script; typefaces are loaded when a text needs them.

    Attributes:
        right_to_left: draw texts as lines of Arabic, even one that is only numbers.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.right_to_left = False
        self.add_font(FONT, "", _PT_SANS / "PT_Sans-Web-Regular.ttf")
        self.add_font(FONT, "B", _PT_SANS / "PT_Sans-Web-Bold.ttf")
        self._widths: dict[tuple[str, str], float] = {}
        self._plain = cast("TTFFont", self.fonts[FONT]).cmap.keys()

    def is_plain(self, text: str) -> bool:
        """Return whether PT Sans draws the text letter by letter, from left to right."""
        return not self.right_to_left and all(ord(letter) in self._plain for letter in text)

    def draws(self, text: str) -> bool:
        """Return whether a typeface has every character."""
        return all(ord(letter) in self._plain or self._draws_letter(letter) for letter in text)

    def word_width(self, word: str) -> float:
        """Return the width in mm of a word in the current type; it is shaped once for all sizes."""
        key = (word, self.font_style)
        if key not in self._widths:
            self._widths[key] = self.get_string_width(word) / self.font_size_pt
        return self._widths[key] * self.font_size_pt

    def _draws_letter(self, letter: str) -> bool:
        script = unicodedata.name(letter, "").split(" ")[0]
        return any(ord(letter) in self._loaded(file) for file in _typefaces(script))

    def _loaded(self, file: Path) -> dict[int, Any]:
        """Return the characters of a typeface, which is loaded if need be, in bold if there is."""
        family = file.stem.lower()
        if family not in self.fonts:
            self.add_font(family, "", file)
            bold = file.with_name(file.name.replace("Regular", "Bold"))
            if bold != file and bold.exists():
                self.add_font(family, "B", bold)
        return cast("TTFFont", self.fonts[family]).cmap

    def cell(self, *args: Any, **options: Any) -> bool:
        """See the library. Letters that are shaped are read from the text, not from the page."""
        with self.read_as("" if self.is_plain(options["text"]) else options["text"]):
            return super().cell(*args, **options)

    def multi_cell(self, *args: Any, **options: Any) -> Any:
        """See `cell`."""
        with self.read_as("" if self.is_plain(options["text"]) else options["text"]):
            return super().multi_cell(*args, **options)

    def output(self, *args: Any, **options: Any) -> Any:
        """See the library, which leaves open the files of typefaces that no letter needed."""
        content = super().output(*args, **options)
        for typeface in self.fonts.values():
            cast("TTFFont", typeface).close()
        return content

    def _preload_font_styles(
        self,
        text: str | None,
        markdown: bool,  # noqa: FBT001 (the library's own)
        _initial_emphasis: tuple[bool, bool, bool, bool] | None = None,
    ) -> "Sequence[Fragment]":
        """See the library, which calls it with each text before it is measured or drawn."""
        if not text or self.text_shaping or self.is_plain(text):
            return super()._preload_font_styles(text, markdown, _initial_emphasis)
        self.set_text_shaping(direction="rtl" if self.right_to_left else "ltr")
        others = {name.removesuffix("B") for name in self.fonts} - {FONT}
        self.set_fallback_fonts(sorted(others), exact_match=False)
        fragments = super()._preload_bidirectional_text(text, markdown)
        self.set_text_shaping(use_shaping_engine=False)
        self.set_fallback_fonts([])
        return fragments
