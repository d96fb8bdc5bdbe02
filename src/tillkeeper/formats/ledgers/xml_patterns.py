"""How the parts of a workbook's XML are found: with patterns and not with a parser, so that no entity is expanded."""

import re
from typing import Final

SHEET: Final = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
RELATION: Final = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
ATTRIBUTE: Final = re.compile(rb"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")
REFERENCE: Final = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
WIDE: Final = re.compile(
    rb'<(?:\w+:)?c\s[^>]*?\br="((?:D[Q-Z]|[E-Z][A-Z]|[A-Z]{3})[0-9]{1,7})"[^>]*(?<!/)>'
)
ROW: Final = re.compile(rb'<(?:\w+:)?row\s[^>]*?\br="([0-9]{1,7})"')
# It begins with a literal, which makes looking through 100 MB quick.
FAR: Final = re.compile(rb' r="([A-Z]{2,3}[0-9]{1,7}|[A-Z]?[0-9]{6,7})"')
ERROR: Final = re.compile(rb'<(?:\w+:)?c\s([^>]*\bt="e"[^>]*)>')
NO_RESULT: Final = re.compile(
    rb"<(?:\w+:)?c\s([^>]*)><(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>"
)
# For the head of a sheet.
ROW_END: Final = re.compile(rb"</(?:\w+:)?row>|<(?:\w+:)?row\b[^>]*/>")
SHEET_DATA: Final = re.compile(rb"<((?:\w+:)?)sheetData\b[^>]*>")
DIMENSION: Final = re.compile(
    rb'<(?:\w+:)?dimension\s[^>]*\bref="[A-Z0-9]+:[A-Z]{1,3}([0-9]{1,7})"'
)
SHARED_TEXT: Final = re.compile(rb'\bt="s"[^>]*>\s*<(?:\w+:)?v>([0-9]{1,9})<')
SHARED_END: Final = re.compile(rb"</((?:\w+:)?)si>|<((?:\w+:)?)si\s*/>")
