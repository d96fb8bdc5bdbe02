"""What people give with a verb: lines of text, bounded and never a card number; SIM cards; currencies."""

import re
from typing import Any, Final

from tillkeeper.formats.identifiers import mask_pans_in
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.money import CURRENCIES
from tillkeeper.parties.services.readings import text

# ITU-T E.118: 89, country and issuer in digits, then the card; some Chinese issuers write A-F among the latter, and
# the end may be filled with an F. Not all keep the check digit, so it is not asked for.
ICCID: Final = re.compile(r"89[0-9]{4}[0-9A-F]{12,14}")
SHOWN: Final = 40


def line(field: str, value: Any, longest: int, *, required: bool = False) -> str:
    """Return a line as it is kept.

    Raises:
        FieldInvalid: too long, not printable, missing though required, or with a card number in it (shown masked).
    """
    return str(text(field, longest, required=required)(value)[field])


def iccid(value: Any) -> str:
    """Return the number of a SIM card (ICCID) without blanks, "" for none. One may look like a card number and is none.

    Raises:
        FieldInvalid: it cannot be one.
    """
    number = "".join(str(value or "").split()).upper()
    if number and ICCID.fullmatch(number) is None:
        raise FieldInvalid(
            field="sim_iccid",
            value=mask_pans_in(number)[:SHOWN],
            expected="18 to 20 characters that begin with 89, as printed on the SIM card",
        )
    return number


def currency(value: Any) -> str:
    """Return a currency's code in capitals.

    Raises:
        FieldInvalid: there is no such currency.
    """
    code = str(value or "").strip().upper()
    if code not in CURRENCIES:
        raise FieldInvalid(
            field="currency", value=mask_pans_in(code)[:SHOWN], expected="a currency's code, as CNY"
        )
    return code
