"""Canonical rows of a layout, made up: what its files can hold, and nothing else."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import strategies as st

from tillkeeper.formats.canonical.tables import MOMENT, TABLES, Role, canonical
from tillkeeper.formats.layouts import catalogue
from tillkeeper.formats.layouts.declaration import Header, Shape, Type
from tillkeeper.formats.layouts.parsing import layout_from
from tillkeeper.formats.layouts.parsing_sources import WORDS
from tillkeeper.formats.layouts.values import words

LAYOUTS = {
    layout.name: layout for layout in map(layout_from, sorted(catalogue.FOLDER.glob("*.toml")))
}
FILE_NAMES = {
    "zm": "INN24030588ZM_898310048161234",
    "zme": "INN24030588ZME_898310048161234",
    "leshua": "8800_trade_new_20240305.txt",
    "allinpay": "2024-03-05_app7_checkFile.txt",
}
FILE_DAY = date(2024, 3, 5)
SHANGHAI = ZoneInfo("Asia/Shanghai")
LETTERS = "ABCXYZabcxyz0123456789-_中商户测试"
CARDS = st.one_of(st.just(""), st.from_regex(r"[0-9]{6}\*[0-9]{4}", fullmatch=True))


def rows_of(name, fewest=0):
    """Return a strategy of canonical frames that a file of the layout can hold."""
    layout = LAYOUTS[name]
    return st.lists(_row(layout), min_size=fewest, max_size=5).map(
        lambda rows: _frame(layout, rows)
    )


def file_name(name):
    return FILE_NAMES.get(name, f"{name}.txt")


def _frame(layout, rows):
    table = TABLES[layout.role]
    first = 1 if layout.lines.header is Header.NEVER else 2
    told = [{**row, "line": first + i} for i, row in enumerate(rows)]
    columns = {c: pl.Series(c, [r.get(c) for r in told], dtype=kind) for c, kind in table.items()}
    return canonical(pl.DataFrame(columns), layout.role)


@st.composite
def _row(draw, layout):
    row = {column: draw(_cell(layout, column)) for column in layout.canonical}
    row["at"] = draw(_at(layout))
    if layout.role is Role.BILL:
        row.setdefault("state", "success")
    if layout.role is not Role.JOURNAL:
        row["currency"] = "CNY"
    if layout.name in SPECIAL:
        SPECIAL[layout.name](draw, row, row["at"].astimezone(SHANGHAI))
    return row


def _zm(draw, row, local):
    row["settled_on"] = FILE_DAY
    row["channel_no"] = f"{local:%Y%m%d%H%M%S}{draw(st.integers(0, 9999999)):07}"


def _zme(draw, row, local):
    row["settled_on"] = FILE_DAY
    row["mid"] = "898310048161234"


def _acquirer46(draw, row, local):
    row["settled_on"] = local.date() + timedelta(days=draw(st.integers(0, 3)))


def _saobei(draw, row, local):
    row["kind"] = "refund" if row["original_order_no"] else "sale"


def _ums_pos(draw, row, local):
    row["kind"] = draw(st.sampled_from(["sale", "refund"]))
    row["amount_minor"] += row["kind"] == "refund"


def _ums_25(draw, row, local):
    row["settled_on"] = local.date()


SPECIAL = {
    "ums.25": _ums_25,
    "zm": _zm,
    "zme": _zme,
    "acquirer46": _acquirer46,
    "saobei": _saobei,
    "ums.pos": _ums_pos,
}


def _cell(layout, column):
    kind = TABLES[layout.role][column]
    sources = layout.canonical[column]
    fields = [layout.field(source.fields[0]) for source in sources if source.fields]
    longest = min((one.length for one in fields), default=0) or 20
    if kind == pl.Int64:
        return _amount(column, longest)
    if kind == pl.Date:
        return st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2060, 1, 1)))
    if kind == MOMENT:
        return st.one_of(st.none(), _moments())
    if column == "currency":
        return st.sampled_from(["CNY", "USD"])
    if sources[0].type is Type.CARD:
        return CARDS
    return _text(layout, column, sources, longest)


def _amount(column, longest):
    most = 10 ** min(longest - 1, 11) - 1
    if column == "amount_minor":
        return st.integers(0, most)
    return st.one_of(st.none(), st.integers(-most, most))


def _text(layout, column, sources, longest):
    known = {}
    for source in sources:
        if source.value is not None:
            known[source.value] = source.value
        known |= {word: cell for cell, word in [*source.contains.items(), *source.map.items()]}
    if known:
        first = sources[0]
        cells = {
            word: cell for word, cell in known.items() if _reads_back(first, word, cell, sources)
        }
        silent = [""] if sources[-1].value is None and column not in {"kind", "state"} else []
        return st.sampled_from([*cells, *silent])
    if (layout.role, column) in WORDS:
        silent = [""] if column not in {"kind", "state"} else []
        return st.sampled_from([*sorted(WORDS[layout.role, column]), *silent])
    blank = {one for source in sources for one in source.blank}
    if layout.shape is Shape.FIXED:
        alphabet, size = LETTERS, longest // 2
    else:
        alphabet, size = LETTERS + (",\"'| " if layout.quote else "' "), 12
    words_ = st.text(alphabet, max_size=size).map(str.strip).filter(lambda cell: cell not in blank)
    return words_.filter(bool) if column == "mid" and layout.name == "zm" else words_


def _reads_back(source, word, cell, sources):
    """Say whether the cell that the writer chooses is read as the same word."""
    if word == sources[-1].value:
        return True
    chosen = {}
    for key, value in [*source.map.items(), *source.contains.items()]:
        chosen.setdefault(value, key)
    if word not in chosen:
        return False
    return (
        words(pl.Series([chosen[word]]), source.map, source.contains, source.otherwise)[0] == word
    )


def _moments():
    return st.integers(978_307_200, 2_808_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))


def _at(layout):
    if layout.name in {"zm", "zme"}:
        start = datetime(2024, 3, 5, tzinfo=UTC)
        return st.integers(-120 * 86400, 120 * 86400).map(lambda s: start + timedelta(seconds=s))
    if layout.name == "journal":
        behind = st.integers(0, 999_999)
        return st.builds(lambda one, us: one.replace(microsecond=us), _moments(), behind)
    return _moments()


def written(layout_format, frame, folder: Path):
    path = folder / file_name(layout_format.name)
    layout_format.write(frame, path)
    return path
