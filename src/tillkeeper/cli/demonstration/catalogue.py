"""Five makers, twelve models, and the certificates that make some of them old. All made up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.services.vendors import create_vendor
from tillkeeper.terminals.services.catalogue import create_model, record_approval

VENDORS: Final = {
    "YUNSUN": "云榫终端 Yunsun Terminals",
    "SHIHE": "拾禾支付设备 Shihe Payment Devices",
    "TALLY": "泰利溪 Tallybrook Systems",
    "KESTREL": "隼帆科技 Kestrel & Vane",
    "MARROW": "麦洛门 Marrowgate",
}


@dataclass(frozen=True, slots=True)
class Model:
    """A model; days are counted from the day of loading, so that the dates ahead are always ahead."""

    code: str
    name: str
    vendor: str
    form: str
    pts: str
    certificate_days: int  # until the certificate ends; negative: it has ended
    price_minor: int
    share: int  # of the estate that was there three years ago
    bought: int = 0  # how readily it is bought since
    use_days: int | None = None  # until it may no longer be used; None: no end is set

    def usable(self, day: date, today: date) -> bool:
        """Say whether it may go into service on `day`."""
        return self.use_days is None or day <= today + timedelta(days=self.use_days)

    def buyable(self, day: date, today: date) -> bool:
        """Say whether its certificate was good on `day`."""
        return day <= today + timedelta(days=self.certificate_days)


_M = Model
MODELS: Final = (
    _M("YS-210", "云榫 210 台式", "YUNSUN", "countertop", "3.x", -420, 62_000, 9, use_days=-60),
    _M("YS-560", "云榫 560 移动", "YUNSUN", "mobile", "5.x", 80, 98_000, 16, 2),
    _M("YS-A8", "云榫 A8 智能", "YUNSUN", "android", "6.x", 1260, 129_000, 8, 8),
    _M("SH-3", "拾禾三号", "SHIHE", "countertop", "4.x", -190, 58_000, 14, use_days=400),
    _M("SH-X7", "拾禾 X7", "SHIHE", "android", "5.x", 170, 118_000, 10, 4),
    _M("SH-KP", "拾禾密码键盘 KP", "SHIHE", "pin_pad", "5.x", 300, 26_000, 3, 1),
    _M("TB-SWIFT", "Tallybrook Swift", "TALLY", "mobile", "5.x", 20, 105_000, 13, 2),
    _M("TB-REED", "Tallybrook Reed", "TALLY", "android", "6.x", 1260, 139_000, 5, 8),
    _M("KV-40", "Kestrel 40", "KESTREL", "countertop", "5.x", 170, 69_000, 9, 2),
    _M("KV-KIOSK", "Kestrel Kiosk 自助", "KESTREL", "unattended", "6.x", 1260, 186_000, 2, 2),
    _M("MG-BOX", "麦洛门扫码盒", "MARROW", "qr_box", "", 640, 16_000, 6, 3),
    _M("MG-PRO", "麦洛门 Pro", "MARROW", "android", "6.x", 1260, 124_000, 5, 6),
)


def create_catalogue(*, by: Actor, at: datetime, today: date) -> None:
    """Enter makers, models and certificates, as they stood at `at`."""
    for code, name in VENDORS.items():
        create_vendor(code=code, name=name, contact="demo@example.com", by=by, at=at)
    for model in MODELS:
        old = model.certificate_days < 0
        create_model(
            code=model.code,
            name=model.name,
            vendor_code=model.vendor,
            form=model.form,
            pts_version=model.pts,
            end_of_sale_on=today - timedelta(days=900) if old else None,
            end_of_support_on=today + timedelta(days=model.certificate_days + 720) if old else None,
            by=by,
            at=at,
        )
        for facts in _certificates(model, today):
            record_approval(code=model.code, **facts, by=by, at=at)


def _certificates(model: Model, today: date) -> Iterator[dict[str, Any]]:
    """Return the certificates of a model: the present one, and one before it that ran out."""
    ends = today + timedelta(days=model.certificate_days)
    scheme = "pci_pts" if model.pts else "unionpay"
    source = "Demonstration data / 演示数据"
    until = None if model.use_days is None else today + timedelta(days=model.use_days)
    number = f"DEMO-{model.code}"
    yield {
        "scheme": scheme,
        "number": f"{number}-2",
        "expires_on": ends,
        "use_until": until,
        "hardware_version": "2.x",
        "firmware_version": f"{model.pts or '1'}-2",
        "source": source,
    }
    yield {
        "scheme": scheme,
        "number": f"{number}-1",
        "expires_on": ends - timedelta(days=1461),
        "use_until": ends - timedelta(days=1461),
        "hardware_version": "1.x",
        "firmware_version": f"{model.pts or '1'}-1",
        "source": source,
    }


def serial_number(model: Model, year: int, number: int) -> str:
    """Return a serial number in the maker's style."""
    maker = "".join(letter for letter in model.code if letter.isalnum())[:4]
    return f"{maker}{year % 100:02d}{number:06d}"


def tusn(model: Model, number: int) -> str:
    """Return a unique serial number (20 digits) of a maker that nobody is."""
    return f"000099{list(VENDORS).index(model.vendor):02d}{number:012d}"
