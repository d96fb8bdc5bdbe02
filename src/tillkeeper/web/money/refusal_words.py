"""What refusals of money files and of commands name as a reason, as missing, as expected: marked for translation here.

Readers are pure and mark none; `tests/unit/web/test_money_refusal_words.py` holds this against them.
"""

from typing import Final

from django.utils.translation import gettext_noop

EXPECTED: Final = (
    gettext_noop("NAME=FORMAT"),
    gettext_noop("YYYY-MM-DD"),
    gettext_noop("a name that `tillkeeper formats` lists, or a layout file"),
    gettext_noop("at most 1 MiB"),
    gettext_noop("cases, filters, or --all"),
    gettext_noop("either cases or filters, not both"),
    gettext_noop("files of two sides at least"),
    gettext_noop("lists and tables of few levels"),
    gettext_noop("parquet or csv"),
    gettext_noop("the name of one of the files"),
    gettext_noop("a journal; this is a bill"),
    gettext_noop("a journal; this is a statement"),
    gettext_noop("a bill; this is a journal"),
    gettext_noop("a bill; this is a statement"),
    gettext_noop("a statement; this is a journal"),
    gettext_noop("a statement; this is a bill"),
)
MISSING: Final = (
    gettext_noop("a closing quotation mark"),
    gettext_noop("its footer 对账明细查询结果"),
    gettext_noop("its totals"),
    gettext_noop("the end of the document"),
    gettext_noop("the title line"),
    gettext_noop("the rest of the record"),
)
REASON: Final = (
    gettext_noop("a text holds a NUL character"),
    gettext_noop("begins no BAI2 record"),
    gettext_noop("holds no statement (Stmt, Ntfctn)"),
    gettext_noop("is of a type that this column cannot have"),
    gettext_noop("it is a damaged workbook"),
    gettext_noop("it is locked with a password"),
    gettext_noop("it is locked with a password; unpack it first"),
    gettext_noop("it is no workbook"),
    gettext_noop("it is no workbook, or a damaged one"),
    gettext_noop("its compressed data are damaged"),
    gettext_noop("makes it no XML"),
    gettext_noop("the address holds a NUL character"),
    gettext_noop("The request broke off"),
)
WHAT: Final = (
    gettext_noop("a cell"),
    gettext_noop("a document type with entities (DOCTYPE)"),
    gettext_noop("a line"),
    gettext_noop("a member whose name leads out of the archive"),
    gettext_noop("a part of it"),
    gettext_noop("a row"),
    gettext_noop("a sheet"),
    gettext_noop("an archive within an archive"),
    gettext_noop("elements nested more than 256 deep"),
    gettext_noop("its list of members"),
    gettext_noop("more rows than bytes"),
    gettext_noop("one element"),
    gettext_noop("one text or name"),
    gettext_noop("the sample"),
    gettext_noop("what it unpacks to"),
    gettext_noop("what stands before its first element"),
)
