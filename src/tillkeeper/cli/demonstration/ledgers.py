"""The files that branches sent: each with its own titles, words, dates and encoding, as they really come."""

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from tillkeeper.formats.ledgers.writing import write_xlsx

Row = Mapping[str, Any]
GB18030, UTF8_BOM, UTF8 = "gb18030", "utf-8-sig", "utf-8"
_CHINESE_STATES: Final = {
    "active": "在用",
    "suspended": "停机",
    "faulty": "故障",
    "in_stock": "在库",
    "ready": "待装",
    "issued": "领用",
    "quarantine": "检测中",
    "repair": "返厂维修",
}


def _as_is(day: date) -> Any:
    return day


@dataclass(frozen=True, slots=True)
class Style:
    """How one office writes its ledger: file, encoding ("" for a workbook), titles by field, words, dates."""

    file: str
    encoding: str
    titles: Mapping[str, str]
    states: Mapping[str, str] = field(default_factory=lambda: _CHINESE_STATES)
    day: Callable[[date], Any] = _as_is


def _titles(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


STYLES: Final[Mapping[str, Style]] = {
    "north": Style(
        "华北机具台账.csv",
        UTF8_BOM,
        _titles(
            "serial=机身号 tusn=TUSN model=型号 vendor=厂商 state=状态 organisation=所属机构 received_on=入库日期 "
            "installed_on=装机日期 merchant_no=商户号 merchant_name=商户名称 uscc=统一社会信用代码 "
            "id_number=负责人身份证号 settlement_account=结算账号 mcc=MCC terminal_id=终端号 "
            "acquirer_code=收单机构代码 site_code=门店编号 site_name=门店名称 address=安装地址 province=省份 "
            "city=城市 latitude=纬度 longitude=经度 contact=联系人 phone=联系电话 price=采购价 "
            "firmware_version=固件版本 remark=备注"
        ),
        day=lambda day: f"{day:%Y-%m-%d}",
    ),
    "northeast": Style(
        "东北终端明细.csv",
        GB18030,
        _titles(
            "serial=设备序列号 model=机型 supplier=供应商 state=终端状态 organisation=分公司 "
            "purchased_on=采购日期 received_on=到货日期 installed_on=安装日期 merchant_no=商户编号 "
            "merchant_name=商户名 uscc=营业执照号 id_number=身份证号 settlement_account=结算账户 "
            "terminal_id=终端编号 acquirer_code=收单机构号 site_code=店铺编号 site_name=店铺名称 address=装机地址 "
            "province=省 city=市 latitude=纬度 longitude=经度 price=单价 remark=备注"
        ),
        day=lambda day: f"{day.year}/{day.month}/{day.day}",
    ),
    "east": Style(
        "华东POS机具台账.xlsx",
        "",
        _titles(
            "serial=序列号 tusn=银联终端序列号 model=终端型号 vendor=生产厂家 supplier=供货商 state=使用状态 "
            "organisation=归属机构 purchased_on=购置日期 received_on=验收日期 installed_on=布放日期 "
            "warranty_until=保修截止日期 merchant_no=特约商户编号 merchant_name=特约商户名称 uscc=社会信用代码 "
            "id_number=法人身份证号 settlement_account=收款账号 mcc=行业代码 terminal_id=银联终端号 "
            "acquirer_code=受理机构代码 site_code=门店代码 site_name=门店名 address=布放地址 province=所在省 "
            "city=所在市 latitude=布放纬度 longitude=布放经度 contact=店长 phone=手机 price=含税单价 "
            "firmware_version=系统版本 accessories=配件 remark=说明"
        ),
    ),
    "central_south": Style(
        "Central-South terminals.xlsx",
        "",
        {
            "serial": "Serial number",
            "tusn": "TUSN",
            "model": "Model",
            "supplier": "Supplier",
            "state": "Status",
            "organisation": "Branch",
            "purchased_on": "Purchase date",
            "received_on": "Date received",
            "installed_on": "Installation date",
            "warranty_until": "Warranty until",
            "merchant_no": "Merchant ID",
            "merchant_name": "Merchant name",
            "uscc": "Business licence number",
            "id_number": "ID number",
            "settlement_account": "Settlement account",
            "mcc": "MCC",
            "terminal_id": "Terminal ID",
            "acquirer_code": "Acquirer code",
            "site_code": "Store code",
            "site_name": "Store name",
            "address": "Store address",
            "province": "Province",
            "city": "City",
            "latitude": "Latitude",
            "longitude": "Longitude",
            "phone": "Phone",
            "price": "Unit price",
            "remark": "Remarks",
        },
        {
            "active": "In service",
            "suspended": "On hold",
            "faulty": "Out of order",
            "in_stock": "In store",
            "ready": "Ready to install",
            "issued": "With technician",
            "quarantine": "Under test",
            "repair": "In repair",
        },
        day=lambda day: f"{day:%d-%b-%Y}",
    ),
    "southwest": Style(
        "西南机具.csv",
        GB18030,
        _titles(
            "serial=SN model=POS型号 state=机具状态 organisation=支行 received_on=入库时间 installed_on=开通日期 "
            "merchant_no=MID merchant_name=商家名称 uscc=信用代码 id_number=法人证件号 "
            "settlement_account=银行账号 mcc=商户类型 terminal_id=TID acquirer_code=收单机构 site_code=店号 "
            "site_name=店名 address=详细地址 province=所在省份 city=所在城市 latitude=纬度 longitude=经度 "
            "contact=负责人 phone=电话 price=原值 remark=备注说明"
        ),
        day=lambda day: f"{day.year}年{day.month}月{day.day}日",
    ),
    "northwest": Style(
        "西北代理商机具清单.csv",
        UTF8,
        _titles(
            "serial=机具编号 tusn=硬件序列号 model=机具型号 state=设备状态 organisation=代理商 "
            "received_on=收货日期 installed_on=启用日期 merchant_no=收单商户号 merchant_name=商户全称 "
            "uscc=营业执照编号 id_number=负责人证件号 settlement_account=结算卡号 terminal_id=POS终端号 "
            "acquirer_code=机构代码 site_code=门店号 site_name=门店 address=地址 province=省级 city=地市 "
            "latitude=纬度 longitude=经度 price=金额 remark=附注"
        ),
        day=lambda day: f"{day:%Y%m%d}",
    ),
}
MERCHANTS: Final = _titles(
    "merchant_no=商户号 merchant_name=商户名称 uscc=统一社会信用代码 id_number=负责人身份证号 "
    "settlement_account=结算账户 mcc=商户类别码 contact=联系人 phone=联系电话 organisation=所属机构"
)
SITES: Final = _titles(
    "site_code=门店编号 site_name=门店名称 merchant_no=商户号 address=经营地址 province=省份 city=城市 "
    "latitude=纬度 longitude=经度 contact=店长 phone=门店电话"
)
STOCKTAKE: Final = _titles(
    "serial=序列号 model=型号 state=状态 firmware_version=系统版本 asset_tag=资产编号 remark=备注"
)


def write_ledger(folder: Path, style: Style, rows: Iterable[Row]) -> Path:
    """Write a ledger the way its office does; return where."""
    path = folder / style.file
    lines = [[_cell(style, name, row.get(name, "")) for name in style.titles] for row in rows]
    titles = list(style.titles.values())
    if not style.encoding:
        write_xlsx(path, titles, lines, sheet="机具")
        return path
    with path.open("w", encoding=style.encoding, newline="") as file:
        csv.writer(file).writerows([titles, *lines])
    return path


def _cell(style: Style, name: str, value: Any) -> Any:
    if name == "state":
        return style.states.get(value, value)
    return style.day(value) if isinstance(value, date) else value
