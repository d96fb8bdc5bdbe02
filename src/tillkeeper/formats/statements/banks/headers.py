"""The titles of a bank's export: which field a column is, by its name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from tillkeeper.formats.canonical.cells import FULL_WIDTH, PADDING

# Field -> titles, the better one first. Titles as `plain` leaves them. Of `text` all columns are kept.
ALIASES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "day": ("记账日期", "入账日期", "交易日期", "记账日", "交易日", "过账日期", "日期", "transdate"),
    "time": ("记账时间", "交易时间", "入账时间", "交易日期时间", "时间", "transtime"),
    "valued": ("起息日期", "起息日"),
    "currency": ("记账币种", "记账币别", "币别", "币种", "货币", "交易币种", "currency"),
    "amount": ("记账金额", "交易金额", "金额", "发生额", "交易额", "transamt"),
    "income": (
        "记账金额(收入)", "收入金额", "贷方发生额", "贷方金额", "存入金额", "转入金额", "贷方发生额(收入)",
        "收入(贷方)", "收入", "存入", "贷方", "交易金额(收入)",
    ),
    "outgo": (
        "记账金额(支出)", "支出金额", "借方发生额", "借方金额", "支取金额", "转出金额", "借方发生额(支取)",
        "支出(借方)", "支出", "支取", "借方", "交易金额(支出)",
    ),
    "direction": (
        "借贷", "借贷标志", "借贷标识", "借贷方向", "借/贷", "收支", "收/支", "收支标志", "收支方向", "收付标志",
        "借贷状态", "dcflg",
    ),
    "balance": ("联机余额", "账户余额", "余额", "本次余额", "交易后余额", "交易余额", "当前余额", "balance"),
    "kind": ("交易名称", "交易摘要", "交易类型", "摘要", "业务类型", "tradingtype"),
    "reference": ("凭证号", "凭证号码", "业务编号", "客户业务编号"),
    "bank_reference": ("交易流水号", "流水号", "日志号", "核心流水号"),
    "counterparty": (
        "对方户名", "对方账户名", "对方账户名称", "对手信息", "对方名称", "对方单位名称", "对方单位", "交易对方",
        "paymentreceiptaccountname",
    ),
    "counterparty_account": (
        "对方卡号/账号", "对方账号", "对方账户", "对方卡号", "对方账(卡)号", "对方账号/卡号", "paymentreceiptaccount",
    ),
    "both": ("对方账号与户名", "对方账号及户名"),
    "account": ("本方账号", "我方账号", "账号", "卡号", "借记卡号"),
    "text": (
        "附言", "客户摘要", "交易附言", "摘要", "备注", "用途", "交易说明", "交易详情", "交易场所", "交易地点/附言",
        "abstract",
    ),
})  # fmt: skip
_UNIT: Final = re.compile(r"(\(元\)|/元|\(人民币\))$")
_TAIL: Final = re.compile(r"(?<=[\u4e00-\u9fff)])[A-Za-z .]+$")
_TABLE: Final = str.maketrans(FULL_WIDTH)


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles of a file: where they stand, and the columns of each field by index."""

    line: int
    names: tuple[str, ...]
    fields: Mapping[str, tuple[int, ...]]

    @property
    def missing(self) -> tuple[str, ...]:
        """What a statement cannot be read without, and is not there."""
        amounts = "amount" in self.fields or {"income", "outgo"} <= self.fields.keys()
        lacking = [] if "day" in self.fields else ["交易日期"]
        return tuple(lacking if amounts else [*lacking, "交易金额"])

    @property
    def amounts(self) -> tuple[str, ...]:
        """The fields that hold the amount. Where income and outgo stand apart, they are better than a sum of both."""
        apart = {"income", "outgo"} <= self.fields.keys()
        return ("income", "outgo") if apart else ("amount",)

    def title(self, field: str) -> str:
        """Return the title of a field's column, to name it in a refusal."""
        found = self.fields.get(field)
        return self.names[found[0]] if found else field


def plain(title: str) -> str:
    """Return a title without padding, full-width signs, unit, and the English behind the Chinese."""
    half = title.strip(PADDING).translate(_TABLE)
    bare = _TAIL.sub("", half.strip())
    return _UNIT.sub("", re.sub(r"\s+", "", bare)).casefold()


def titles_of(line: int, cells: Sequence[str]) -> Titles:
    """Return which field each column of a row of titles is. A column belongs to one field."""
    names = [plain(cell) for cell in cells]
    fields: dict[str, tuple[int, ...]] = {}
    taken: set[int] = set()
    for field, aliases in ALIASES.items():
        found = [names.index(alias) for alias in aliases if alias in names]
        free = [index for index in found if index not in taken]
        if free:
            chosen = tuple(free) if field == "text" else (free[0],)
            fields[field] = chosen
            taken.update(chosen)
    if "day" not in fields and "time" in fields:
        fields["day"] = fields["time"]
    return Titles(line, tuple(cell.strip(PADDING) for cell in cells), MappingProxyType(fields))


def are_titles(cells: Sequence[str]) -> bool:
    """Say whether a row looks like the titles: three known columns, a day or an amount among them."""
    found = titles_of(0, cells).fields
    return len(found) >= 3 and bool(found.keys() & {"day", "amount", "income"})
