"""A layout file that declares what cannot be is refused with the place and what is expected there."""

import pytest

from tillkeeper.formats.layouts.errors import BadLayout
from tillkeeper.formats.layouts.loading import load_layout
from tillkeeper.formats.layouts.parsing import layout_of

GOOD = """
name = "mine"
role = "bill"
title = "Mine"
source = "made up"
field = [{ title = "时间" }, { title = "金额" }, { title = "类型" }]
[file]
shape = "delimited"
[canonical]
at = { from = "时间", patterns = ["%Y-%m-%d %H:%M:%S"] }
amount_minor = { from = "金额", type = "yuan" }
kind = { from = "类型", map = { "消费" = "sale" } }
"""
FIXED = """
name = "mine"
role = "statement"
title = "Mine"
source = "made up"
field = [{ title = "日", length = 8 }, { title = "金额", length = 12 }]
[file]
shape = "fixed"
record = 21
gap = 1
[canonical]
booked_on = { from = "日", patterns = "%Y%m%d" }
amount_minor = { from = "金额", type = "fen" }
"""


def refusal(text):
    with pytest.raises(BadLayout) as caught:
        layout_of(text.encode(), "mine.toml")
    return caught.value


def test_a_small_layout_is_enough():
    assert layout_of(GOOD.encode(), "mine.toml").used() == ("时间", "金额", "类型")
    assert [one.offset for one in layout_of(FIXED.encode(), "mine.toml").fields] == [0, 9]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('role = "bill"', 'role = "tale"', "role"),
        ('name = "mine"', 'name = "My Bank"', "name"),
        ('title = "Mine"\n', "", "title"),
        ('title = "Mine"', "title = 7", "title"),
        ('shape = "delimited"', 'shape = "round"', "file.shape"),
        ('shape = "delimited"', 'shape = "delimited"\ncolour = "red"', "file.colour"),
        ('shape = "delimited"', 'shape = "delimited"\nencoding = "utf-16"', "file.encoding"),
        ('shape = "delimited"', 'shape = "delimited"\nencoding = "klingon"', "file.encoding"),
        ('shape = "delimited"', 'shape = "delimited"\ndelimiter = "||"', "file.delimiter"),
        ('shape = "delimited"', 'shape = "delimited"\nquote = "<"', "file.quote"),
        ('shape = "delimited"', 'shape = "delimited"\nnegative_is = "loss"', "file.negative_is"),
        ('{ title = "类型" }', '{ title = "金额" }', "field[2].title"),
        ('{ title = "类型" }', '{ title = " " }', "field[2].title"),
        ('{ title = "类型" }', '{ title = "类型", length = 3 }', "field[2].length"),
        ("amount_minor =", "amount =", "canonical.amount"),
        ('from = "金额"', 'from = "钱"', "canonical.amount_minor.from"),
        ('type = "yuan"', 'type = "dollar"', "canonical.amount_minor.type"),
        ('type = "yuan"', 'type = "date"', "canonical.amount_minor.type"),
        ('type = "yuan"', 'type = "lettered"', "canonical.amount_minor.signs"),
        ('type = "yuan"', 'type = "yuan", value = "1"', "canonical.amount_minor.from"),
        ('"%Y-%m-%d %H:%M:%S"', '"%Q"', "canonical.at.patterns[0]"),
        ('["%Y-%m-%d %H:%M:%S"]', "[]", "canonical.at.patterns"),
        ('= "sale"', '= "sail"', "canonical.kind.map.消费"),
        ('map = { "消费" = "sale" }', "map = 3", "canonical.kind.map"),
        ('map = { "消费" = "sale" }', 'part = "("', "canonical.kind.part"),
        ('map = { "消费" = "sale" }', 'part = "(?=x)(y)"', "canonical.kind.part"),
        ("kind = {", "text = {", "canonical.kind"),
        ("[canonical]", "[lines]\nend_required = true\n[canonical]", "lines.end_required"),
        (
            "[canonical]",
            '[[check]]\nname = "n"\nof = "rows"\nstated = "x"\n[canonical]',
            "check[0].stated",
        ),
        (
            "[canonical]",
            '[[check]]\nname = "n"\nof = "moons"\nstated = "(x)"\n[canonical]',
            "check[0].of",
        ),
        ("kind = {", 'tid = { group = "no" }\nkind = {', "canonical.tid.group"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(old, new, place):
    assert old in GOOD
    told = refusal(GOOD.replace(old, new))
    assert told.place == place
    assert told.expected
    assert "mine.toml" in str(told)


def test_a_needed_column_must_be_declared():
    text = GOOD.replace('amount_minor = { from = "金额", type = "yuan" }\n', "")
    assert refusal(text).place == "canonical.amount_minor"


def test_a_record_must_end_where_its_last_field_does():
    told = refusal(FIXED.replace("record = 21", "record = 22"))
    assert (told.place, told.expected) == ("file.record", "21, where the last field ends")


@pytest.mark.parametrize("data", [b"\xff\xfe", b"name = ", b"name = 'x'\nname = 'y'"])
def test_what_is_no_toml_is_refused(tmp_path, data):
    path = tmp_path / "mine.toml"
    path.write_bytes(data)
    with pytest.raises(BadLayout):
        load_layout(path)
