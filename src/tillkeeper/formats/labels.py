"""Labels for terminals: a QR code, a Code 128 and the facts in words, on sheets and rolls as PDF.

The QR code carries what the label is asked to carry (a link or the serial number), the Code 128 the
serial number alone, so that a plain hand scanner types it. Chinese text is set in Noto Sans SC,
embedded as a subset. Both codes are drawn as vectors: sharp at any printer's resolution.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from types import MappingProxyType
from typing import Any, Final

import segno
from barcode.codex import Code128

FONT: Final = "NotoSansSC"
PADDING_MM: Final = 2.5
QR_SHARE_OF_HEIGHT: Final = 0.62
BARCODE_MM: Final = 7.0
QUIET_MODULES: Final = 4  # ISO/IEC 18004 asks for four light modules around a QR code
ELLIPSIS: Final = "…"
POINT_MM: Final = 25.4 / 72
_SVG_SCALE: Final = 4


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """What stands on one label. `payload` goes into the QR code; blank means the serial number."""

    serial: str
    model: str = ""
    owner: str = ""
    note: str = ""
    payload: str = ""


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """A sheet of labels, all measures in millimetres."""

    name: str
    page: tuple[float, float]
    columns: int
    rows: int
    label: tuple[float, float]
    margin: tuple[float, float]
    gap: tuple[float, float] = (0.0, 0.0)

    @property
    def capacity(self) -> int:
        """Labels on one page."""
        return self.columns * self.rows

    def place(self, position: int) -> tuple[float, float]:
        """Return left and top of the label at `position` on its page, from 0, row by row."""
        row, column = divmod(position % self.capacity, self.columns)
        left = self.margin[0] + column * (self.label[0] + self.gap[0])
        return left, self.margin[1] + row * (self.label[1] + self.gap[1])


SHEETS: Final[Mapping[str, LabelSheet]] = MappingProxyType(
    {
        sheet.name: sheet
        for sheet in (
            LabelSheet("a4-3x8", (210, 297), 3, 8, (70, 37), (0, 0.5)),
            LabelSheet("a4-3x7", (210, 297), 3, 7, (63.5, 38.1), (7.2, 15.1), (2.55, 0)),
            LabelSheet("a4-2x7", (210, 297), 2, 7, (99.1, 38.1), (4.65, 15.15), (2.5, 0)),
            LabelSheet("roll-60x40", (60, 40), 1, 1, (60, 40), (0, 0)),
            LabelSheet("roll-70x50", (70, 50), 1, 1, (70, 50), (0, 0)),
        )
    }
)


def label_sheet_pdf(labels: Sequence[LabelFacts], sheet: LabelSheet, skip: int = 0) -> bytes:
    """Return a PDF with one label for each of `labels`.

    Args:
        labels: in the order in which they are printed.
        sheet: one of SHEETS, or a sheet of one's own.
        skip: positions of the first page that are used up already.

    Raises:
        ValueError: `skip` is negative or a whole page or more.
    """
    if not 0 <= skip < sheet.capacity:
        raise ValueError("skip must lie within one page")
    pdf = _document(sheet)
    for position, facts in enumerate(labels, start=skip):
        if position == skip or position % sheet.capacity == 0:
            pdf.add_page()
        _draw(pdf, facts, sheet, sheet.place(position))
    if not labels:
        pdf.add_page()
    return bytes(pdf.output())


def label_svg(facts: LabelFacts, sheet: LabelSheet) -> str:
    """Return one label as SVG, for a preview beside the choice of sheet."""
    width, height = sheet.label
    boxes = [
        f'<rect x="{x:.3f}" y="{y:.3f}" width="{w:.3f}" height="{h:.3f}"/>'
        for x, y, w, h in (*_qr_boxes(facts, sheet, (0, 0)), *_bar_boxes(facts, sheet, (0, 0)))
    ]
    lines = [
        f'<text x="{x:.2f}" y="{y:.2f}" font-size="{points * POINT_MM:.2f}">{escape(text)}</text>'
        for text, x, y, points in _texts(facts, sheet, (0, 0))
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'width="{width * _SVG_SCALE}" height="{height * _SVG_SCALE}" '
        f'aria-label="{escape(facts.serial, quote=True)}">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<g fill="#000" font-family="Noto Sans SC, sans-serif">{"".join(boxes + lines)}</g></svg>'
    )


def qr_matrix(facts: LabelFacts) -> tuple[tuple[bool, ...], ...]:
    """Return the QR code's modules without the quiet zone. Never a Micro QR: few can read one."""
    code = segno.make_qr(facts.payload or facts.serial, error="m", boost_error=False)
    return tuple(tuple(bool(module) for module in row) for row in code.matrix)


def bar_modules(serial: str) -> str:
    """Return the Code 128 of a serial number as modules: 1 is a bar, 0 a space."""
    return str(Code128(serial).build()[0])


def _document(sheet: LabelSheet) -> Any:
    # Costs a second to import, and only those who print need it.
    from fpdf import FPDF  # noqa: PLC0415
    from pylopdf_fonts_zh_cn import sans_path  # noqa: PLC0415

    pdf = FPDF(unit="mm", format=sheet.page)
    pdf.set_auto_page_break(auto=False)
    pdf.set_margin(0)
    pdf.add_font(FONT, fname=str(sans_path()))
    pdf.set_font(FONT, size=8)
    pdf.set_fill_color(0)
    return pdf


def _draw(pdf: Any, facts: LabelFacts, sheet: LabelSheet, corner: tuple[float, float]) -> None:
    for x, y, width, height in _qr_boxes(facts, sheet, corner):
        pdf.rect(x, y, width, height, style="F")
    for x, y, width, height in _bar_boxes(facts, sheet, corner):
        pdf.rect(x, y, width, height, style="F")
    for text, x, y, points in _texts(facts, sheet, corner):
        pdf.set_font_size(points)
        pdf.text(x, y, text)


def _qr_boxes(
    facts: LabelFacts, sheet: LabelSheet, corner: tuple[float, float]
) -> list[tuple[float, float, float, float]]:
    """Return the dark modules as boxes; neighbours in a row are one box, so that no seam shows."""
    matrix = qr_matrix(facts)
    size = sheet.label[1] * QR_SHARE_OF_HEIGHT
    module = size / (len(matrix) + 2 * QUIET_MODULES)
    left, top = corner[0] + 1 + QUIET_MODULES * module, corner[1] + 1 + QUIET_MODULES * module
    return [
        (left + start * module, top + line * module, length * module, module)
        for line, row in enumerate(matrix)
        for start, length in _runs(row)
    ]


def _bar_boxes(
    facts: LabelFacts, sheet: LabelSheet, corner: tuple[float, float]
) -> list[tuple[float, float, float, float]]:
    modules = bar_modules(facts.serial)
    # ten modules of quiet zone on either side (ISO/IEC 15417)
    module = min(0.33, (sheet.label[0] - 2) / (len(modules) + 20))
    left = corner[0] + (sheet.label[0] - module * len(modules)) / 2
    top = corner[1] + sheet.label[1] - PADDING_MM - BARCODE_MM
    return [
        (left + start * module, top, length * module, BARCODE_MM)
        for start, length in _runs([bit == "1" for bit in modules])
    ]


def _runs(dark: Sequence[bool]) -> list[tuple[int, int]]:
    """Return (start, length) of each run of dark modules."""
    runs: list[tuple[int, int]] = []
    for index, is_dark in enumerate(dark):
        if not is_dark:
            continue
        if runs and sum(runs[-1]) == index:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((index, 1))
    return runs


def _texts(
    facts: LabelFacts, sheet: LabelSheet, corner: tuple[float, float]
) -> list[tuple[str, float, float, float]]:
    """Return (text, left, baseline, points) of each line beside the QR code, cut to fit."""
    qr = sheet.label[1] * QR_SHARE_OF_HEIGHT
    left = corner[0] + qr + 1.5
    room = sheet.label[0] - qr - 1.5 - PADDING_MM
    bottom = corner[1] + sheet.label[1] - PADDING_MM - BARCODE_MM - 1
    baseline = corner[1] + PADDING_MM + 3
    lines: list[tuple[str, float, float, float]] = []
    for text, points, most in (
        (facts.serial, _points_to_fit(facts.serial, room, 9.5), 1),
        (facts.model, 8.0, 1),
        (facts.owner, 7.0, 2),
        (facts.note, 7.0, 2),
    ):
        for line in fit_lines(text, room, points, most):
            if baseline > bottom:
                return lines
            lines.append((line, left, baseline, points))
            baseline += points * POINT_MM * 1.35
    return lines


def _points_to_fit(text: str, room: float, points: float) -> float:
    """Return the size at which a serial number stands whole on its line: it is never cut."""
    width = text_width(text, points)
    return points if width <= room else points * room / width


def fit_lines(text: str, room: float, points: float, most: int) -> list[str]:
    """Break text into at most `most` lines of `room` millimetres; what is left over is cut."""
    lines: list[str] = []
    rest = " ".join(text.split())
    while rest and len(lines) < most:
        count = _count_that_fits(rest, room, points)
        if len(lines) == most - 1 and count < len(rest):
            count = _count_that_fits(rest, room - text_width(ELLIPSIS, points), points)
            return [*lines, rest[:count].rstrip() + ELLIPSIS]
        lines.append(rest[:count].rstrip())
        rest = rest[count:].lstrip()
    return lines


def _count_that_fits(text: str, room: float, points: float) -> int:
    width = 0.0
    for index, character in enumerate(text):
        width += _advance(character) * points * POINT_MM
        if width > room + 1e-9:
            return max(1, index)
    return len(text)


def text_width(text: str, points: float) -> float:
    """Return the width of text in millimetres at a size in points."""
    return sum(map(_advance, text)) * points * POINT_MM


@cache
def _advance(character: str) -> float:
    """Return a character's advance in em, from the font itself."""
    return float(_measure().get_string_width(character)) / POINT_MM / 100


@cache
def _measure() -> Any:
    pdf = _document(SHEETS["a4-3x8"])
    pdf.set_font_size(100)
    return pdf
