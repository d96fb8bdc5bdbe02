"""What is converted is read again as the same kind: same rows, same sums; and what was done to it since is seen."""

import json
from datetime import UTC, datetime

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.hand import ALL
from tests.unit.formats.bill_frames import ROWS, bill_of
from tests.unit.formats.layouts.frames import file_name, rows_of
from tests.unit.formats.statement_frames import statements

from tillkeeper.formats.canonical import errors
from tillkeeper.formats.canonical.reading import Options, Verdict
from tillkeeper.formats.canonical.tables import TABLES, Role
from tillkeeper.formats.catalogue import FORMATS, read_frame, recognise
from tillkeeper.formats.converted import parquet
from tillkeeper.formats.converted.counting import FOLLOWS
from tillkeeper.formats.converted.parquet import rows_as_text
from tillkeeper.formats.converted.sums import Sums
from tillkeeper.formats.converted.writing import SAID, CsvRows, ParquetRows

WRITERS = {"csv": CsvRows, "parquet": ParquetRows}
READ_AS = {
    ("csv", Role.JOURNAL): "journal", ("parquet", Role.JOURNAL): "parquet.journal",
    ("csv", Role.BILL): "canonical.bill", ("parquet", Role.BILL): "parquet.bill",
    ("csv", Role.STATEMENT): "canonical.statement", ("parquet", Role.STATEMENT): "parquet.statement",
}  # fmt: skip
ONE_OF_EACH = {Role.JOURNAL: "journal", Role.BILL: "ums.headed", Role.STATEMENT: "bank.cmb"}


def converted(folder, frame, verdict, to):
    path = folder / f"converted.{to}"
    with path.open("wb") as stream:
        writer = WRITERS[to](stream, verdict.role)
        for piece in frame.iter_slices(2):
            writer.take(piece)
        writer.close(verdict)
    return path


def by_hand(name, folder, to="parquet"):
    source = folder / ALL[name].name
    source.write_bytes(ALL[name].data)
    frame, verdict = read_frame(source, format=FORMATS[name])
    return converted(folder, frame, verdict, to), frame, verdict


@pytest.mark.parametrize("to", WRITERS)
@pytest.mark.parametrize("name", sorted(ALL))
def test_every_format_converted_is_recognised_and_read_again(name, to, tmp_path):
    path, frame, verdict = by_hand(name, tmp_path, to)
    assert recognise(path).name == READ_AS[to, verdict.role]
    read, again = read_frame(path)
    assert_frame_equal(read.drop("line"), frame.drop("line"))
    assert (again.role, again.rows, again.sums) == (verdict.role, verdict.rows, verdict.sums)
    assert again.sound


@pytest.mark.parametrize("to", WRITERS)
@pytest.mark.parametrize("name", sorted(ALL))
def test_a_converted_file_converts_to_itself(name, to, tmp_path):
    path, _frame, _verdict = by_hand(name, tmp_path, to)
    read, verdict = read_frame(path)
    once = path.read_bytes()
    again = converted(tmp_path, read, verdict, to)
    if to == "parquet":
        assert_frame_equal(pl.read_parquet(again), read)
    else:
        assert [one.split(b",", 1)[1] for one in again.read_bytes().splitlines()] == [
            one.split(b",", 1)[1] for one in once.splitlines()
        ]


MADE_UP = {
    Role.JOURNAL: rows_of("journal"),
    Role.BILL: st.one_of(*(st.lists(rows, max_size=6).map(bill_of) for rows in ROWS.values())),
    Role.STATEMENT: statements(moments=True),
}


@pytest.mark.parametrize("to", WRITERS)
@pytest.mark.parametrize("role", Role)
@settings(max_examples=settings.default.max_examples // 5)
@given(data=st.data())
def test_rows_come_back_as_they_were(role, to, data, tmp_path_factory):
    frame = data.draw(MADE_UP[role])
    sums = Sums(role)
    sums.add(frame)
    said = Verdict("any", role, frame.height, dict(sums.minor))
    path = converted(tmp_path_factory.mktemp("made"), frame, said, to)
    read, verdict = read_frame(path)
    assert_frame_equal(read.drop("line"), frame.drop("line"))
    assert verdict.sums == dict(sums.minor)
    assert verdict.sound


@pytest.mark.parametrize("to", WRITERS)
@pytest.mark.parametrize("name", ["zm", "acquirer46"])
def test_a_bill_with_a_hold_comes_to_the_same_sum_once_converted(name, to, tmp_path):
    source = tmp_path / file_name(name)
    frame, _verdict = read_frame(by_layout(name, tmp_path), format=FORMATS[name])
    one = frame.filter(pl.col("kind") == "sale").head(1)
    FORMATS[name].write(pl.concat([one, one.with_columns(kind=pl.lit("preauth"))]), source)
    both, verdict = read_frame(source, format=FORMATS[name])
    assert sorted(both["kind"]) == ["preauth", "sale"]
    assert verdict.sums == {"CNY": one["amount_minor"][0]}
    _read, again = read_frame(converted(tmp_path, both, verdict, to))
    assert again.sums == verdict.sums
    assert again.sound


def by_layout(name, folder):
    """Return the hand-written file of a layout."""
    path = folder / ALL[name].name
    path.write_bytes(ALL[name].data)
    return path


@pytest.mark.parametrize("to", WRITERS)
@pytest.mark.parametrize("role", Role)
def test_a_day_without_rows_is_converted_too(role, to, tmp_path):
    empty = pl.DataFrame(schema=dict(TABLES[role]))
    path = converted(tmp_path, empty, Verdict("any", role, 0), to)
    assert recognise(path).name == READ_AS[to, role]
    read, verdict = read_frame(path)
    assert (read.height, verdict.rows, verdict.sums) == (0, 0, {})
    assert verdict.sound


def test_parts_of_a_second_and_line_breaks_in_a_cell_do_no_harm(tmp_path):
    _path, frame, verdict = by_hand("canonical.bill", tmp_path)
    at = datetime(2026, 3, 2, 2, 0, 0, 123456, UTC)
    frame = frame.with_columns(at=pl.lit(at).cast(pl.Datetime("us", "UTC")), text=pl.lit("a\r\nb"))
    for to, text in (("csv", "a b"), ("parquet", "a\r\nb")):
        read, _verdict = read_frame(converted(tmp_path, frame, verdict, to))
        assert read["at"].to_list() == [at, at]
        assert read["text"].to_list() == [text, text]


def test_parquet_keeps_what_its_source_said_of_itself(tmp_path):
    path, _frame, verdict = by_hand("mt940", tmp_path)
    read, again = read_frame(path)
    assert again.facts == verdict.facts
    assert again.facts["closing_minor"] == "1346912"
    assert [one.name for one in again.checks] == [
        "rows against the number stated", "sums against those stated",
    ]  # fmt: skip
    assert read["line"].to_list() == [1, 2]


def stated_otherwise(path, **changes):
    said = json.loads(pq.read_metadata(path).metadata[SAID]) | changes
    told = {SAID: json.dumps(said).encode()}
    pq.write_table(pq.read_table(path).replace_schema_metadata(told), path)


@pytest.mark.parametrize("role", Role)
def test_parquet_whose_rows_are_not_those_it_states_is_unsound(role, tmp_path):
    path, _frame, verdict = by_hand(ONE_OF_EACH[role], tmp_path)
    stated_otherwise(path, rows=verdict.rows + 1)
    assert not read_frame(path)[1].sound
    stated_otherwise(path, rows=verdict.rows, sums_minor={"CNY": 1})
    assert not read_frame(path)[1].sound


@pytest.mark.parametrize("said", [b"[]", b"{}", b"no json", b'{"rows": "x"}'])
def test_parquet_that_states_nonsense_of_itself_is_refused(said, tmp_path):
    path, _frame, _verdict = by_hand("ums.headed", tmp_path)
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({SAID: said}), path)
    with pytest.raises(errors.BrokenParquet):
        read_frame(path)


@pytest.mark.parametrize("to", WRITERS)
def test_a_line_taken_out_of_a_statement_breaks_its_balances(to, tmp_path):
    _path, frame, verdict = by_hand("bank.cmb", tmp_path)
    more = {"amount_minor": 5, "balance_minor": 1_346_917}
    third = frame[-1:].with_columns(
        pl.lit(n, dtype=pl.Int64).alias(name) for name, n in more.items()
    )
    three = pl.concat([frame, third])
    assert read_frame(converted(tmp_path, three, verdict, "csv"))[1].sound
    holed = pl.concat([three[:1], three[2:]])
    _read, again = read_frame(converted(tmp_path, holed, verdict, to))
    (broken,) = [one for one in again.checks if one.name == FOLLOWS]
    assert not broken.holds
    assert broken.line == (3 if to == "csv" else 2)


@pytest.mark.parametrize("name", ["ums.headed", "bank.cmb", "journal"])
def test_parquet_of_others_needs_no_statement_of_itself(name, tmp_path):
    path, frame, _verdict = by_hand(name, tmp_path)
    frame.write_parquet(path)
    read, verdict = read_frame(path)
    assert_frame_equal(read.drop("line"), frame.drop("line"))
    assert verdict.sound


WRONG = {
    "an unknown word": (pl.lit("gift").alias("kind"), "“gift” is not a word"),
    "no kind": (pl.lit("").alias("kind"), "is empty"),
    "no amount": (pl.lit(None, dtype=pl.Int64).alias("amount_minor"), "is empty"),
    "major units": (pl.lit(12.5).alias("amount_minor"), "“12.5” is no amount"),
    "less than nothing": (pl.lit(-1).alias("amount_minor"), "is negative"),
    "a time without a zone": (pl.lit(datetime(2026, 3, 2)).alias("at"), "is no date and time"),  # noqa: DTZ001
    "30 February": (pl.lit("2026-02-30").alias("settled_on"), "is no date"),
    "a list": (pl.lit([1]).alias("amount_minor"), "is of a type"),
    "a currency of nobody": (pl.lit("QQQ").alias("currency"), "QQQ"),
}


@pytest.mark.parametrize("harm", WRONG)
def test_parquet_with_a_wrong_cell_is_refused_with_its_row(harm, tmp_path):
    path, frame, _verdict = by_hand("ums.headed", tmp_path)
    value, sentence = WRONG[harm]
    frame.with_columns(value).write_parquet(path)
    with pytest.raises(errors.BadLine) as refused:
        read_frame(path, format=FORMATS["parquet.bill"])
    assert sentence in str(refused.value)
    assert refused.value.line == 1


def test_a_whole_card_number_is_cut_in_parquet_too(tmp_path):
    path, frame, _verdict = by_hand("ums.headed", tmp_path)
    card = "6222021234567890128"
    frame.with_columns(card=pl.lit(card), text=pl.lit(f"card {card}")).write_parquet(path)
    read, _verdict = read_frame(path)
    assert set(read["card"]) == {"622202*0128"}
    assert set(read["text"]) == {"card 622202******0128"}


def test_a_bill_for_another_merchant_is_refused(tmp_path):
    path, _frame, _verdict = by_hand("ums.headed", tmp_path)
    with pytest.raises(errors.WrongMerchant):
        read_frame(path, options=Options(mid="898310154119999"))


@pytest.mark.parametrize("column", ["amount_minor", "channel_no"])
def test_a_missing_column_is_named(column, tmp_path):
    path, frame, _verdict = by_hand("ums.headed", tmp_path)
    frame.drop(column).write_parquet(path)
    with pytest.raises(errors.Unrecognised):
        recognise(path)
    with pytest.raises(errors.MissingColumns, match=column):
        read_frame(path, format=FORMATS["parquet.bill"])


def test_a_cut_or_damaged_file_is_refused_and_no_binary_is_shown(tmp_path):
    path, _frame, _verdict = by_hand("ums.headed", tmp_path)
    whole = path.read_bytes()
    for length in (5, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(errors.BrokenParquet, match=path.name):
            read_frame(path)
    path.write_bytes(whole[:4] + b"\xff" * 2000 + whole[2004:])
    with pytest.raises(errors.BrokenParquet):
        read_frame(path)
    path.write_bytes(b"plain\x00\x01\x02" + whole)
    with pytest.raises(errors.Unrecognised) as refused:
        read_frame(path)
    assert refused.value.begins == "plain"


def test_a_few_bytes_that_unpack_to_millions_of_rows_are_refused(tmp_path, monkeypatch):
    path, frame, _verdict = by_hand("ums.headed", tmp_path)
    pl.concat([frame[:1]] * 30_000).write_parquet(path, compression="zstd")
    size = path.stat().st_size
    assert size < 30_000
    assert read_frame(path)[1].rows == 30_000  # so few are taken however they are packed
    monkeypatch.setattr(parquet, "FREE_ROWS", 20_000)
    with pytest.raises(errors.Hostile, match="more rows than bytes"):
        read_frame(path)
    monkeypatch.setattr(parquet, "FREE_ROWS", 30_000)
    monkeypatch.setattr(parquet, "FREE_OF_RATIO", 1)
    monkeypatch.setattr(parquet, "MOST_RATIO", 0)
    with pytest.raises(errors.TooLarge):
        read_frame(path)


def test_a_cell_that_would_fill_the_memory_is_refused(tmp_path):
    path, frame, _verdict = by_hand("ums.headed", tmp_path)
    frame.with_columns(text=pl.lit("x" * (1 << 20) + "x")).write_parquet(path)
    with pytest.raises(errors.TooLarge):
        read_frame(path)


def test_a_row_is_shown_with_the_names_of_its_cells(tmp_path):
    path, _frame, _verdict = by_hand("ums.headed", tmp_path)
    (first, text), (second, _other) = rows_as_text(path)
    assert (first, second) == (1, 2)
    assert "amount_minor: 1234567" in text.split("\t")
    assert "surcharge_minor" not in text
