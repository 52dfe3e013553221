"""The statement as PDF/A4: text and lines, an embedded Hangul font, the same bytes each time.

reportlab is imported when a PDF is wanted, no sooner. `invariant` leaves out dates and random ids.
"""

from __future__ import annotations

import io
import lzma
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from ecp.slo.printed.lines import line_of
from ecp.slo.printed.sections import Chart, Document, Pairs, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

_FONT = "ECPHangul"
_MARGIN = 36.0
_PADDING = 6.0  # of reportlab's frame
_CHART = 130.0
_INK, _GREY, _RULE, _HEAD = "#1a1f27", "#55606e", "#c9d0da", "#eef1f5"
_FILLER = "□"


def pdf_of(page: Document) -> bytes:
    """The file. What the font has no letter for is printed as a box."""
    _registered()
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import SimpleDocTemplate

    out = io.BytesIO()
    paper = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN + 8,
        title=f"{page.title} - {page.subtitle}",
        author="ECP",
        lang=page.language,
        invariant=1,
    )
    width = paper.width - 2 * _PADDING
    flow = [*_head(page, width)]
    for part in page.parts:
        flow += _part(part, width)
    paper.build(flow, canvasmaker=partial(_numbered(), page))
    return out.getvalue()


@cache
def _registered() -> frozenset[int]:
    """Register the font; return the letters it has."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    packed = resources.files("ecp.slo.printed").joinpath("fonts/hangul.ttf.xz").read_bytes()
    font = TTFont(_FONT, io.BytesIO(lzma.decompress(packed)))
    pdfmetrics.registerFont(font)
    pdfmetrics.registerFontFamily(_FONT, normal=_FONT, bold=_FONT, italic=_FONT, boldItalic=_FONT)
    return frozenset(font.face.charToGlyph)


def _known(words: str) -> str:
    letters = _registered()
    return "".join(letter if ord(letter) in letters else _FILLER for letter in words)


def _say(words: str, size: float = 8.5, colour: str = _INK, **style: Any) -> Any:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    chosen = ParagraphStyle(
        "text",
        fontName=_FONT,
        fontSize=size,
        leading=size * 1.4,
        textColor=colour,
        splitLongWords=1,
        **style,
    )
    return Paragraph(escape(_known(words)), chosen)


def _head(page: Document, width: float) -> list[Any]:
    from reportlab.platypus import Spacer
    from reportlab.platypus import Table as Grid

    box = 52.0
    boxes = Grid(
        [[_say(head, 8, alignment=1) for head in page.approvals], [""] * len(page.approvals)],
        colWidths=[box] * len(page.approvals),
        rowHeights=[16, 42],
        style=[("GRID", (0, 0), (-1, -1), 0.5, _GREY), ("VALIGN", (0, 0), (-1, 0), "MIDDLE")],
    )
    room = box * len(page.approvals)
    title = [_say(page.title, 17), Spacer(1, 4), _say(page.subtitle, 9, _GREY)]
    top = Grid(
        [[title, boxes]],
        colWidths=[width - room, room],
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *_pads(0)],
    )
    banner = Grid(
        [[_say(page.banner, 9)]],
        colWidths=[width],
        style=[
            ("BACKGROUND", (0, 0), (-1, -1), "#fff4d6"),
            ("BOX", (0, 0), (-1, -1), 0.5, "#d9a400"),
        ],
    )
    return [top, Spacer(1, 10), banner]


def _pads(points: float) -> list[tuple[Any, ...]]:
    sides = ("LEFT", "RIGHT", "TOP", "BOTTOM")
    return [(f"{side}PADDING", (0, 0), (-1, -1), points) for side in sides]


def _part(part: Pairs | Table | Chart, width: float) -> list[Any]:
    from reportlab.platypus import CondPageBreak, Spacer

    # A title stands with what it is of: a chart as a whole, else a few rows.
    room = 110 if not isinstance(part, Chart) else _CHART + 60
    title = [CondPageBreak(room), Spacer(1, 12), _say(part.title, 11.5), Spacer(1, 4)]
    if isinstance(part, Pairs):
        return [*title, _pairs(part, width)]
    if isinstance(part, Chart):
        return [*title, _drawing(part, width), _say(part.note, 7.5, _GREY)]
    body = [_grid(part, width)] if part.rows else [_say(part.empty)]
    note = [Spacer(1, 3), _say(part.note, 7.5, _GREY)] if part.note else []
    return [*title, *body, *note]


def _pairs(part: Pairs, width: float) -> Any:
    from reportlab.platypus import Table as Grid

    rows = []
    for index in range(0, len(part.rows), 2):
        row: list[Any] = []
        for label, value in part.rows[index : index + 2]:
            row += [_say(label, colour=_GREY), _say(value)]
        rows.append(row + [""] * (4 - len(row)))
    return Grid(
        rows,
        colWidths=[width * share for share in (0.17, 0.33, 0.17, 0.33)],
        style=[
            ("GRID", (0, 0), (-1, -1), 0.4, _RULE),
            ("BACKGROUND", (0, 0), (0, -1), _HEAD),
            ("BACKGROUND", (2, 0), (2, -1), _HEAD),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            *_pads(3),
        ],
    )


def _grid(part: Table, width: float) -> Any:
    from reportlab.platypus import Table as Grid

    size = 8.0 if len(part.heads) < 9 else 7.0
    rows: list[Sequence[Any]] = [[_say(head, size, _GREY) for head in part.heads]]
    rows += [[_say(cell, size) for cell in row] for row in part.rows]
    whole = sum(part.shares)
    return Grid(
        rows,
        colWidths=[width * share / whole for share in part.shares],
        repeatRows=1,
        style=[
            ("GRID", (0, 0), (-1, -1), 0.4, _RULE),
            ("BACKGROUND", (0, 0), (-1, 0), _HEAD),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            *_pads(3),
        ],
    )


def _drawing(part: Chart, width: float) -> Any:
    from reportlab.graphics.shapes import Drawing, PolyLine, String
    from reportlab.graphics.shapes import Line as Rule
    from reportlab.lib.colors import HexColor

    height = _CHART
    line = line_of(part, width, height)
    drawing = Drawing(width, height)

    def label(x: float, y: float, words: str, anchor: str) -> None:
        drawing.add(
            String(
                x,
                y,
                _known(words),
                fontName=_FONT,
                fontSize=7.5,
                textAnchor=anchor,
                fillColor=HexColor(_GREY),
            )
        )

    for y, words, zero in line.ticks:
        at = height - y
        colour = HexColor("#b3261e" if zero else "#dfe4ea")
        drawing.add(Rule(line.left, at, line.right, at, strokeColor=colour, strokeWidth=0.5))
        label(line.left - 5, at - 2.5, words, "end")
    for x, words, anchor in line.ends:
        label(x, height - line.bottom - 14, words, anchor)
    points = [number for x, y in line.points for number in (x, height - y)]
    drawing.add(PolyLine(points, strokeColor=HexColor("#1c5fb8"), strokeWidth=1.4))
    return drawing


def _numbered() -> Any:
    """A canvas that knows how many pages there are when it writes the feet."""
    from reportlab.lib.colors import HexColor
    from reportlab.pdfgen.canvas import Canvas

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, page: Document, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self._feet = _known(page.footer)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 (reportlab's name)
            self._kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, state in enumerate(self._kept, 1):
                self.__dict__.update(state)
                self.setFont(_FONT, 6.5)
                self.setFillColor(HexColor(_GREY))
                self.drawString(_MARGIN + _PADDING, 28, self._feet)
                pages = f"{number} / {len(self._kept)}"
                self.drawRightString(self._pagesize[0] - _MARGIN - _PADDING, 28, pages)
                super().showPage()
            super().save()

    return Numbered
