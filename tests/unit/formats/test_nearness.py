"""A file that none of the formats fits, but one nearly does: what it lacks is named."""

import pytest

from tillkeeper.formats.canonical.errors import EmptyFile, NearlyRecognised, Unrecognised
from tillkeeper.formats.catalogue import FORMATS, recognise

TITLES = [theirs for theirs, _ours in FORMATS["acquirer46"].columns]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("before", ["", "清算对账单\n"], ids=["bare", "below a title"])
def test_a_missing_column_is_named_with_the_format(tmp_path, encoding, before):
    path = tmp_path / "bill.csv"
    titles = ",".join(title for title in TITLES if title != "交易金额")
    path.write_text(f"{before}{titles}\n{',' * 44}\n", encoding)
    with pytest.raises(NearlyRecognised) as refused:
        recognise(path)
    assert (refused.value.nearest, refused.value.columns) == ("acquirer46", "交易金额")


def test_a_file_of_something_else_is_near_to_nothing(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text("colour,size,shelf,count,price,交易金额\nred,1,2,3,4,5\n")
    with pytest.raises(Unrecognised):
        recognise(path)


def test_an_empty_file_is_called_empty(tmp_path):
    path = tmp_path / "nothing.csv"
    path.touch()
    with pytest.raises(EmptyFile):
        recognise(path)
