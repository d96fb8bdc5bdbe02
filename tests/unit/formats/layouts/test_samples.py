"""Real files are read without loss: as many rows as lines, sums as a plain reading of the cells gives."""

import csv
import os
from decimal import Decimal
from pathlib import Path

import pytest

from tillkeeper.formats.catalogue import read_frame, recognise

ROOT = Path(__file__).resolve().parents[4]
SAMPLES = Path(os.environ.get("TILLKEEPER_TEST_SAMPLES") or ROOT.parent / "shared" / "samples")
pytestmark = pytest.mark.samples


def files(folder):
    found = sorted((SAMPLES / folder).iterdir())
    assert found
    return found


def test_zm_files():
    for path in files("zm"):
        records = [line for line in path.read_bytes().split(b"\n") if line]
        read, verdict = read_frame(path)
        assert recognise(path).name == "zm"
        assert verdict.sound
        assert read.height == verdict.rows == len(records)
        assert read["amount_minor"].to_list() == [int(line[66:78]) for line in records]
        assert read["channel_no"].to_list() == [line[87:108].decode().strip() for line in records]
        assert read["text"].to_list() == [
            line[397:429].decode("gb18030").strip() for line in records
        ]
        gross, fee, net = (read[f"{one}_minor"] for one in ("amount", "fee", "net"))
        assert (gross - fee == net).all()
        assert read["card"].str.contains(r"^\d{6}\*\d{4}$").all()
        local = read["at"].dt.convert_time_zone("Asia/Shanghai").dt.strftime("%Y%m%d%H%M%S")
        assert (local == read["channel_no"].str.head(14)).mean() > 0.9


def test_acquirer46_files():
    for path in files("acquirer46"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        read, verdict = read_frame(path)
        assert recognise(path).name == "acquirer46"
        assert read.height == verdict.rows == len(rows)
        for title, column in (("交易金额", "amount_minor"), ("商户手续费", "fee_minor")):
            assert read[column].to_list() == [int(Decimal(row[title]) * 100) for row in rows]
        assert read["rrn"].to_list() == [row["参考号bit37"] for row in rows]
        local = read["at"].dt.convert_time_zone("Asia/Shanghai").dt.strftime("%m%d%H%M%S")
        assert local.to_list() == [row["交易时间"] for row in rows]
        assert read["line"].to_list() == list(range(2, len(rows) + 2))
