"""A mixed ledger as a branch would hand it in: 20 columns, 12 models, 3,000 merchants, 5,000 sites, 70 % in service."""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

from tillkeeper.formats.identifiers import uscc_check_character

TITLES = (
    "机身号", "型号", "厂商", "供应商", "状态", "商户号", "商户名称", "统一社会信用代码",
    "终端号", "网点编号", "网点名称",
    "安装地址", "省份", "城市", "入库日期", "采购日期", "质保到期", "采购价(元)", "固件版本", "备注",
)  # fmt: skip
PLACES = (
    ("上海市", "上海市"),
    ("广东省", "深圳市"),
    ("四川省", "成都市"),
    ("陕西省", "西安市"),
    ("湖北省", "武汉市"),
)
GOODS = ("便利店", "书店", "火锅店", "眼镜店", "酒店", "药房", "水果店", "咖啡馆")
MERCHANTS, SITES, MODELS = 3_000, 5_000, 12


def rows(count: int, *, first: int = 0, seed: int = 7) -> Iterator[tuple[str, ...]]:
    """Yield `count` ledger rows with fresh serial numbers from `first` on."""
    chance = random.Random(seed)  # noqa: S311  a ledger, not a secret
    merchants = [_merchant(number) for number in range(MERCHANTS)]
    begin = date(2023, 1, 1)
    for number in range(first, first + count):
        bound = chance.random() < 0.7
        site = chance.randrange(SITES)
        owner, name, code = merchants[site % MERCHANTS]
        province, city = PLACES[site % len(PLACES)]
        day = begin + timedelta(days=chance.randrange(1_000))
        place = (
            (
                owner,
                name,
                code,
                f"{number:08d}",
                f"S{site:05d}",
                f"{name}{site}号店",
                f"{city}人民路{site}号",
                province,
                city,
            )
            if bound
            else ("",) * 9
        )
        model = chance.randrange(MODELS)
        yield (
            f"P{82_000_000_000 + number}", f"S{90 + model}", f"厂商{model % 5}", f"供应商{model % 4}",
            "在用" if bound else "在库", *place, day.isoformat(), day.isoformat(),
            (day + timedelta(days=1_095)).isoformat(), f"{800 + model * 40}.00", f"4.{model}.1", "",
        )  # fmt: skip


def _merchant(number: int) -> tuple[str, str, str]:
    body = f"91310000MA1F{number:05d}"
    return (
        f"898310{number:09d}",
        f"金穗{GOODS[number % len(GOODS)]}{number}",
        body + uscc_check_character(body),
    )


def write_csv(path: Path, count: int, **more: int) -> Path:
    """Write a ledger as CSV in UTF-8."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(TITLES)
        writer.writerows(rows(count, **more))
    return path


def write_xlsx(path: Path, count: int, **more: int) -> Path:
    """Write a ledger as a workbook."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("台账")
        sheet.write_row(0, 0, TITLES)
        for number, row in enumerate(rows(count, **more), start=1):
            sheet.write_row(number, 0, row)
    return path
