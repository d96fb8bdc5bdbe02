"""Ledgers to fill in: the titles of each kind, with one row as an example."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from tillkeeper.formats.ledgers.columns import FIELDS, kind_named
from tillkeeper.formats.ledgers.writing import OutValue

REQUIRED_MARK: Final = "*"

# One made-up terminal. The id number is the example of GB 11643.
EXAMPLES: Final[Mapping[str, OutValue]] = MappingProxyType(
    {
        "serial": "A920-0012345",
        "tusn": "00005702280117600001",
        "model": "A920",
        "vendor": "示例终端厂",
        "supplier": "示例供应商",
        "merchant_no": "898440354110001",
        "merchant_name": "示例超市（南山店）",
        "terminal_id": "10000001",
        "acquirer_code": "48405840",
        "site_code": "NS-001",
        "site_name": "南山店",
        "address": "广东省深圳市南山区科技路1号",
        "province": "广东省",
        "city": "深圳市",
        "latitude": 22.543096,
        "longitude": 114.057865,
        "uscc": "91440300MA5DA1B2CC",
        "id_number": "11010519491231002X",
        "settlement_account": "755900000012345",
        "mcc": "5411",
        "contact": "张三",
        "phone": "13800138000",
        "organisation": "深圳分公司",
        "state": "在库",
        "received_on": date(2024, 3, 5),
        "purchased_on": date(2024, 2, 20),
        "installed_on": date(2024, 3, 12),
        "warranty_until": date(2027, 3, 4),
        "price": 1280.5,
        "currency": "CNY",
        "owner": "示例支付公司",
        "firmware_version": "2.1.7",
        "hardware_version": "V03",
        "app_version": "5.0.12",
        "sim_iccid": "89860000000000000001",
        "asset_tag": "ZC-000123",
        "seal_number": "FQ-000045",
        "accessories": "电源适配器, 底座",
        "remark": "示例行，填写前请删除",
        "network_reference": "RW20240312001",
        "model_code": "A920",
        "model_name": "智能终端 A920",
        "form": "移动",
        "pts_version": "PCI PTS 5.x",
        "approval_no": "4-40000",
        "approval_expires_on": date(2030, 4, 30),
        "end_of_sale_on": date(2027, 12, 31),
        "end_of_support_on": date(2030, 12, 31),
    }
)


def template_rows(kind: str, language: str) -> tuple[tuple[str, ...], tuple[OutValue, ...]]:
    """Return titles and an example row for one kind of ledger.

    Args:
        kind: a key of `KINDS`.
        language: a language code; Chinese for any that begins with `zh`, else English.

    Raises:
        UnknownKind: there is no such kind.
    """
    known = kind_named(kind)
    chinese = language.lower().startswith("zh")
    titles = tuple(
        (FIELDS[name].zh if chinese else FIELDS[name].en)
        + (REQUIRED_MARK if name in known.required else "")
        for name in known.fields
    )
    return titles, tuple(EXAMPLES[name] for name in known.fields)
