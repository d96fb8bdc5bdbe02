"""One page that stands alone: no script, no request, light and dark, fit to be printed or mailed."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

import polars as pl

from tillkeeper.engines.matching.reports.charts import bars, stacked
from tillkeeper.kernel.money import Money

Gettext = Callable[[str], str]
NUMBER: Final = re.compile(r"(([A-Z]{3} )?-?[\d,]*(\.\d+)?( · )?)*")
SHOWN: Final = 200  # differences on the page; all of them are in the files beside it
SENTENCE: Final = 60  # characters from which a cell keeps its width, also on a telephone
STYLE: Final = """
:root {
  color-scheme: light dark;
  --ink: #1f2933; --soft: #61707f; --line: #dfe5ea; --paper: #fff; --ok: #2f855a; --bad: #c2410c; --mid: #b7791f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6ebf0; --soft: #9aa8b5; --line: #313c46; --paper: #151b21; --ok: #68d391; --bad: #fb923c; --mid: #f6c453;
  }
}
body {
  font: 15px/1.5 system-ui, "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif;
  color: var(--ink); background: var(--paper); max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
}
h1 { font-size: 1.5rem; margin: 0 0 .25rem }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
p.lead { color: var(--soft); margin: 0 0 1.5rem }
table { border-collapse: collapse; width: 100%; font-size: .88rem }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
td.s { min-width: 16rem }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.soft { color: var(--soft) }
.wide { overflow-x: auto }
svg text { fill: var(--ink); font-size: 13px }
svg .soft { fill: var(--soft) }
svg .base { fill: var(--line) }
svg .good { fill: var(--ok) }
svg .told { fill: var(--mid) }
svg .left { fill: var(--bad) }
"""


def page(summary: Mapping[str, Any], rows: pl.DataFrame, gettext: Gettext) -> str:
    """Return the page as HTML.

    Args:
        summary: as `summary_of` gives it.
        rows: the differences, class and cause in the reader's language.
        gettext: puts an English sentence into the reader's language.
    """
    parts = [
        _lead(summary, gettext),
        _section(gettext("Balance"), _balance(summary.get("balance", {}), gettext)),
        _section(gettext("Differences by class"), _classes(summary["classes"], gettext)),
        _section(gettext("By channel"), _channels(summary["channels"], gettext)),
        _section(gettext("Files"), _files(summary["files"], gettext)),
        _section(gettext("Fees by file"), _fees(summary.get("fees", ()), gettext)),
        _section(gettext("Differences"), _differences(rows, gettext)),
        _section(gettext("Versions"), _versions(summary["versions"])),
    ]
    body = "\n".join(part for part in parts if part)
    title = escape(gettext("Reconciliation"))
    return (
        f'<!doctype html><html lang="{escape(gettext("en"))}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>\n"
    )


def _lead(summary: Mapping[str, Any], gettext: Gettext) -> str:
    number = sum(of["count"] for of in summary["classes"].values())
    told = (
        gettext("Everything agrees.")
        if not number
        else gettext("%(n)s payments or payouts do not agree.") % {"n": f"{number:,}"}
    )
    return f'<p class="lead">{escape(told)}</p>'


def _section(title: str, inside: str) -> str:
    return f"<h2>{escape(title)}</h2>{inside}" if inside else ""


def _balance(balance: Mapping[str, Mapping[str, int]], gettext: Gettext) -> str:
    drawn = []
    for currency, of in balance.items():
        words = {
            "journal": gettext("journal"),
            "bill": gettext("bill"),
            "agreed": gettext("agreed"),
            "explained": gettext("explained"),
            "unexplained": gettext("unexplained"),
        }
        colours = {"agreed": "good", "explained": "told", "unexplained": "left"}
        pieces = [(words[name], abs(of[name]), colour) for name, colour in colours.items()]
        rows = [(word, money(of[name], currency)) for name, word in words.items()]
        drawn.append(stacked(pieces) + _table((currency, ""), rows))
    return "".join(drawn)


def _classes(classes: Mapping[str, Mapping[str, Any]], gettext: Gettext) -> str:
    if not classes:
        return ""
    named = {gettext(code): of for code, of in classes.items()}
    rows = [(name, f"{of['count']:,}", _sums(of["sums"])) for name, of in named.items()]
    heads = (gettext("Class"), gettext("Count"), gettext("Sum"))
    return bars([(name, of["count"]) for name, of in named.items()]) + _table(heads, rows)


def _channels(channels: Mapping[str, Mapping[str, Any]], gettext: Gettext) -> str:
    rows = [
        (
            gettext(name) if name else "—",
            _sums(of["journal"]),
            _sums(of["bill"]),
            f"{sum(one['count'] for one in of['classes'].values()):,}",
        )
        for name, of in channels.items()
    ]
    return _table(
        (gettext("Channel"), gettext("Journal"), gettext("Bill"), gettext("Differences")), rows
    )


def _files(files: Iterable[Mapping[str, Any]], gettext: Gettext) -> str:
    rows = []
    for of in files:
        verdict = gettext("sound") if of["sound"] else gettext("not sound")
        rows.append(
            (
                of["name"],
                of.get("format", ""),
                f"{of.get('rows', 0):,}",
                _sums(of.get("sums", {})),
                verdict,
            )
        )
    return _table(
        (
            gettext("File"),
            gettext("Format"),
            gettext("Number of rows"),
            gettext("Sum"),
            gettext("Verdict"),
        ),
        rows,
    )


def _fees(totals: Iterable[Mapping[str, Any]], gettext: Gettext) -> str:
    rows = [
        (
            of["file"],
            f"{of['rows']:,}",
            money(of["fee_minor"], of["currency"]),
            money(of["expected_fee_minor"], of["currency"]),
            f"{of['unjudged']:,}",
        )
        for of in totals
    ]
    heads = (
        gettext("File"),
        gettext("Rows judged"),
        gettext("Fees charged"),
        gettext("Fees expected"),
        gettext("Rows no plan claims"),
    )
    return _table(heads, rows) if rows else ""


def _differences(rows: pl.DataFrame, gettext: Gettext) -> str:
    if rows.is_empty():
        return ""
    largest = rows.sort("amount_minor", descending=True, nulls_last=True, maintain_order=True).head(
        SHOWN
    )
    cells = [
        (
            row["class"],
            money(row["amount_minor"] or 0, row["currency"]),
            " ".join(
                part for part in (row["mid"], row["tid"], row["trace"] or row["order_no"]) if part
            ),
            row["sentence"],
            f"{row['source_file']}:{row['source_line'] or ''}",
        )
        for row in largest.iter_rows(named=True)
    ]
    heads = (
        gettext("Class"),
        gettext("Amount"),
        gettext("Payment"),
        gettext("What happened"),
        gettext("Where"),
    )
    more = rows.height - largest.height
    note = gettext("%(n)s more are in differences.csv.") % {"n": f"{more:,}"} if more else ""
    return _table(heads, cells) + (f'<p class="soft">{escape(note)}</p>' if note else "")


def _versions(versions: Mapping[str, str]) -> str:
    return _table(("", ""), list(versions.items()))


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    cells = [[str(cell) for cell in row] for row in rows]
    numbers = [
        bool(cells) and all(NUMBER.fullmatch(row[at]) for row in cells) for at in range(len(heads))
    ]
    top = "".join(_cell("th", head, number) for head, number in zip(heads, numbers, strict=True))
    body = "".join(
        "<tr>"
        + "".join(_cell("td", cell, number) for cell, number in zip(row, numbers, strict=True))
        + "</tr>"
        for row in cells
    )
    return (
        f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _cell(tag: str, text: str, number: bool) -> str:
    kind = "n" if number else "s" if len(text) > SENTENCE else ""
    mark = f' class="{kind}"' if kind else ""
    return f"<{tag}{mark}>{escape(text)}</{tag}>"


def _sums(sums: Mapping[str, int]) -> str:
    return " · ".join(money(minor, currency) for currency, minor in sums.items())


def money(minor: int, currency: str) -> str:
    """Return an amount as people read it."""
    return str(Money(minor, currency))
