"""The few strokes the annexes are drawn with: lines of text, blanks, ticked boxes, ruled tables. No content here.

Sizes follow the usual ones of Chinese official documents: 22 pt titles, 16 pt body (三号), 12 pt in tables.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from docx import Document
from docx.enum.table import WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

TITLE_FONT = "黑体"
BODY_FONT = "仿宋"
TITLE_PT = 22
BODY_PT = 16
TABLE_PT = 12
FOOTER_PT = 8
_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "justify": WD_ALIGN_PARAGRAPH.JUSTIFY,
}
# A .docx is a zip; a fixed date in it makes the same form the same bytes every time.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def new_page() -> Any:
    """An empty A4 document with the margins of official documents (GB/T 9704: 37, 35, 28, 26 mm, here a little less)."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin, section.bottom_margin = Cm(2.5), Cm(2)
    section.left_margin, section.right_margin = Cm(2.6), Cm(2.4)
    style = document.styles["Normal"]
    style.paragraph_format.space_after = Pt(0)
    _set_font(style, BODY_FONT, BODY_PT)
    return document


def add_line(
    document: Any,
    text: str,
    *,
    align: str = "left",
    size_pt: float = BODY_PT,
    bold: bool = False,
    indent: bool = False,
    font: str = BODY_FONT,
    space_before_pt: float = 0,
) -> Any:
    """One paragraph. `indent` sets the first line in by two characters, as body text is."""
    paragraph = document.add_paragraph()
    _write(paragraph, text, size_pt, bold, font)
    paragraph.alignment = _ALIGN[align]
    paragraph.paragraph_format.space_before = Pt(space_before_pt)
    paragraph.paragraph_format.line_spacing = 1.15
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(2 * size_pt)
    return paragraph


def add_table(document: Any, widths_cm: Sequence[float]) -> Any:
    """An empty ruled table of fixed column widths; rows come with `add_row`."""
    table = document.add_table(rows=0, cols=len(widths_cm))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, widths_cm, strict=True):
        column.width = Cm(width)
    return table


def add_row(
    table: Any,
    cells: Sequence[tuple[int, str]],
    *,
    align: str = "center",
    height_cm: float = 1.15,
    aligns: Sequence[str] | None = None,
) -> Any:
    """One row of cells, each given as (columns it spans, text).

    Raises:
        ValueError: the spans do not add up to the table's columns.
    """
    width = len(table.columns)
    if sum(span for span, _ in cells) != width:
        raise ValueError(f"cells span {sum(span for span, _ in cells)} of {width} columns")
    row = table.add_row()
    row.height = Cm(height_cm)
    row.height_rule = WD_ROW_HEIGHT_RULE.AT_LEAST
    at = 0
    for index, (span, text) in enumerate(cells):
        cell = row.cells[at] if span == 1 else row.cells[at].merge(row.cells[at + span - 1])
        cell.width = sum((table.columns[each].width for each in range(at, at + span)), start=0)
        cell.vertical_alignment = 1  # middle
        lines = text.split("\n")
        for number, line in enumerate(lines):
            paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
            _write(paragraph, line, TABLE_PT, False, BODY_FONT)
            paragraph.alignment = _ALIGN[aligns[index] if aligns else align]
        at += span
    return row


def add_footer(document: Any, text: str) -> None:
    """A small line below the page's text, in the margin: it takes nothing from the form's own room."""
    paragraph = document.sections[0].footer.paragraphs[0]
    _write(paragraph, text, FOOTER_PT, False, BODY_FONT)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def set_tab(paragraph: Any, at_cm: float) -> None:
    """A tab stop so far from the left margin."""
    paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(at_cm))


def tick(options: Iterable[tuple[str, bool]]) -> str:
    """A row of boxes: ☑ for what applies, □ for the rest, without spaces as the annexes print them."""
    return "".join(f"{'☑' if chosen else '□'}{label}" for label, chosen in options)


def blank(value: object, width: int) -> str:
    """The value, or as many spaces as the printed form leaves for a pen: no-break ones, as others vanish at a line's end."""
    return "\u00a0" * width if value is None or value == "" else str(value)


def save(document: Any) -> bytes:
    """The document's bytes, the same for the same content."""
    packed, even = io.BytesIO(), io.BytesIO()
    document.save(packed)
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(even, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            target.writestr(zipfile.ZipInfo(item.filename, _EPOCH), source.read(item), zipfile.ZIP_DEFLATED)
    return even.getvalue()


def _write(paragraph: Any, text: str, size_pt: float, bold: bool, font: str) -> None:
    run = paragraph.add_run(text)
    run.bold = bold
    _set_font(run, font, size_pt)
    # Blanks for the pen are runs of spaces; without this Word swallows all but one.
    for node in run._element.findall(qn("w:t")):
        node.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _set_font(styled: Any, font: str, size_pt: float) -> None:
    styled.font.name = font
    styled.font.size = Pt(size_pt)
    properties = styled.element.get_or_add_rPr()
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.append(fonts)
    # Chinese characters take the eastAsia font; the name above is for Latin ones only.
    fonts.set(qn("w:eastAsia"), font)
