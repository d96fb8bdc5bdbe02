"""The bills that come with the product."""

from typing import Final

from tillkeeper.formats.bills import (
    adyen,
    alipay_account,
    alipay_trade,
    stripe,
    ums_headed,
    ums_headless,
    wechat_fund,
    wechat_trade,
)
from tillkeeper.formats.canonical.reading import Format

FORMATS: Final[tuple[Format, ...]] = (
    wechat_trade.FORMAT,
    wechat_fund.FORMAT,
    alipay_trade.FORMAT,
    alipay_account.FORMAT,
    ums_headed.FORMAT,
    ums_headless.FORMAT,
    stripe.FORMAT,
    adyen.FORMAT,
)
