"""The banks: what their exports are told by, and their columns, as data. To know one more bank, add it here.

A column that is not listed for a bank is still read where `headers.ALIASES` knows its name.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Bank:
    """One bank's export.

    `signature` are columns that only this bank's export has together; empty where it is told by the bank's name above
    the titles, or in the file's name. `columns` are (as the file has it, field) in the file's order, for writing and
    for the documentation; `compact` dates are 20240101 and times 123456.
    """

    name: str
    title: str
    known_as: tuple[str, ...]
    signature: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    verified: bool
    compact: bool = False
    plus: bool = False  # a credit is written with its plus sign


CMB: Final = Bank(
    name="bank.cmb",
    title="Account export of China Merchants Bank",
    known_as=("招商银行", "CMB"),
    signature=("记账日期", "货币", "交易金额", "联机余额"),
    columns=(
        ("记账日期", "day"),
        ("货币", "currency"),
        ("交易金额", "amount"),
        ("联机余额", "balance"),
        ("交易摘要", "kind"),
        ("对手信息", "counterparty"),
        ("客户摘要", "text"),
    ),
    verified=True,
)
BOC: Final = Bank(
    name="bank.boc",
    title="Account export of Bank of China",
    known_as=("中国银行", "BOC"),
    signature=("记账日期", "记账时间", "币别", "金额", "余额", "交易名称"),
    columns=(
        ("记账日期", "day"),
        ("记账时间", "time"),
        ("币别", "currency_word"),
        ("金额", "amount"),
        ("余额", "balance"),
        ("交易名称", "kind"),
        ("渠道", ""),
        ("网点名称", ""),
        ("附言", "text"),
        ("对方账户名", "counterparty"),
        ("对方卡号/账号", "counterparty_account"),
        ("对方开户行", ""),
    ),
    verified=True,
)
ABC: Final = Bank(
    name="bank.abc",
    title="Account export of Agricultural Bank of China",
    known_as=("农业银行", "农行", "ABC"),
    signature=("交易日期", "交易时间", "交易金额", "本次余额"),
    columns=(
        ("交易日期", "day"),
        ("交易时间", "time"),
        ("交易摘要", "kind"),
        ("交易金额", "amount"),
        ("本次余额", "balance"),
        ("对手信息", "counterparty"),
        ("日志号", "bank_reference"),
        ("交易渠道", ""),
        ("交易附言", "text"),
    ),
    verified=False,
    compact=True,
    plus=True,
)
BOCOM: Final = Bank(
    name="bank.bocom",
    title="Account export of Bank of Communications",
    known_as=("交通银行", "交行", "BOCOM", "BCM"),
    signature=("交易日期", "借贷", "交易金额"),
    columns=(
        ("交易日期 Trans Date", "day"),
        ("交易时间 Trans Time", "time"),
        ("交易类型 Trading Type", "kind"),
        ("借贷 Dc Flg", "direction"),
        ("交易金额 Trans Amt", "amount"),
        ("余额 Balance", "balance"),
        ("对方账号 Payment Receipt Account", "counterparty_account"),
        ("对方户名 Payment Receipt Account Name", "counterparty"),
        ("交易地点 Trading Place", ""),
        ("摘要 Abstract", "text"),
    ),
    verified=False,
)
ICBC: Final = Bank(
    name="bank.icbc",
    title="Account export of Industrial and Commercial Bank of China",
    known_as=("工商银行", "工行", "ICBC"),
    signature=("交易日期", "记账金额(收入)", "记账金额(支出)"),
    columns=(
        ("交易日期", "day"),
        ("摘要", "kind"),
        ("交易详情", ""),
        ("交易场所", "text"),
        ("交易国家或地区简称", ""),
        ("钞/汇", ""),
        ("交易金额(收入)", ""),
        ("交易金额(支出)", ""),
        ("交易币种", ""),
        ("记账金额(收入)", "income"),
        ("记账金额(支出)", "outgo"),
        ("记账币种", "currency_word"),
        ("余额", "balance"),
        ("对方户名", "counterparty"),
        ("对方账户", "counterparty_account"),
    ),
    verified=True,
)
CCB: Final = Bank(
    name="bank.ccb",
    title="Account export of China Construction Bank",
    known_as=("建设银行", "建行", "CCB"),
    signature=("交易日期", "交易金额", "账户余额", "对方账号与户名"),
    columns=(
        ("摘要", "kind"),
        ("币别", "currency_word"),
        ("钞汇", ""),
        ("交易日期", "day"),
        ("交易金额", "amount"),
        ("账户余额", "balance"),
        ("交易地点/附言", "text"),
        ("对方账号与户名", "both"),
    ),
    verified=False,
    compact=True,
)
PSBC: Final = Bank(
    name="bank.psbc",
    title="Account export of Postal Savings Bank of China",
    known_as=("邮政储蓄银行", "邮储银行", "PSBC"),
    signature=(),
    columns=(
        ("交易日期", "day"),
        ("交易时间", "time"),
        ("摘要", "kind"),
        ("收入金额", "income"),
        ("支出金额", "outgo"),
        ("账户余额", "balance"),
        ("对方户名", "counterparty"),
        ("对方账号", "counterparty_account"),
        ("备注", "text"),
    ),
    verified=False,
)
SPDB: Final = Bank(
    name="bank.spdb",
    title="Account export of Shanghai Pudong Development Bank",
    known_as=("浦东发展银行", "浦发银行", "SPDB"),
    signature=(),
    columns=(
        ("交易日期", "day"),
        ("交易时间", "time"),
        ("凭证号", "reference"),
        ("借方金额", "outgo"),
        ("贷方金额", "income"),
        ("余额", "balance"),
        ("摘要", "kind"),
        ("对方账号", "counterparty_account"),
        ("对方户名", "counterparty"),
        ("附言", "text"),
    ),
    verified=False,
)

BANKS: Final = (CMB, BOC, ABC, BOCOM, ICBC, CCB, PSBC, SPDB)
