import io
import xml.etree.ElementTree as ET

import pypdf
import pytest
import segno

from tillkeeper.formats.labels import (
    SHEETS,
    LabelFacts,
    fit_lines,
    label_sheet_pdf,
    label_svg,
    qr_matrix,
    text_width,
)

FACTS = LabelFacts(
    "A920-0012345", "智能终端 A920", "示例支付公司", "ZC-000123", "https://t.example/1"
)


def pages_of(pdf):
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    return ["".join(page.extract_text().replace("\0", "").split()) for page in reader.pages]


@pytest.mark.parametrize("name", SHEETS)
def test_a_label_says_what_it_is_told(name):
    (text,) = pages_of(label_sheet_pdf([FACTS], SHEETS[name]))
    for part in ("A920-0012345", "智能终端A920", "示例支付公司", "ZC-000123"):
        assert part in text


def test_used_positions_are_skipped_and_pages_follow():
    labels = [LabelFacts(f"SN{n:06}") for n in range(26)]
    sheet = SHEETS["a4-3x8"]
    pages = pages_of(label_sheet_pdf(labels, sheet, skip=23))
    assert len(pages) == 3
    assert pages[0] == "SN000000"
    with pytest.raises(ValueError, match="skip"):
        label_sheet_pdf(labels, sheet, skip=24)


def test_labels_lie_within_their_page():
    for sheet in SHEETS.values():
        left, top = sheet.place(sheet.capacity - 1)
        assert left + sheet.label[0] <= sheet.page[0] + 0.01
        assert top + sheet.label[1] <= sheet.page[1] + 0.01


def test_the_qr_code_is_a_full_one_and_holds_the_payload():
    short = LabelFacts("A1")
    assert len(qr_matrix(short)) >= 21  # a Micro QR has 11 to 17 modules
    code = segno.make_qr(FACTS.payload, error="m", boost_error=False)
    assert qr_matrix(FACTS) == tuple(tuple(map(bool, row)) for row in code.matrix)


def test_long_chinese_text_is_broken_and_cut_to_fit():
    lines = fit_lines("深圳市南山区科技园北区高新北六道某某大厦" * 3, 30, 7, 2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(text_width(line, 7) <= 30.01 for line in lines)


def test_the_preview_is_sound_svg_with_its_text_escaped():
    svg = label_svg(LabelFacts("SN<0001>&", "型号"), SHEETS["a4-3x8"])
    root = ET.fromstring(svg)  # noqa: S314  our own output
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["SN<0001>&", "型号"]
