"""Where a refusal of a layout points, and patterns that no text can hold up."""

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.formats import catalogue
from tillkeeper.formats.canonical.errors import Ambiguous
from tillkeeper.formats.layouts.catalogue import FORMATS, TEXTS, start_from
from tillkeeper.formats.layouts.errors import BadLayout
from tillkeeper.formats.layouts.parsing import layout_of
from tillkeeper.formats.layouts.patterns import pattern_of
from tillkeeper.formats.layouts.syntax import values_of
from tillkeeper.formats.layouts.whereabouts import place_of


def paths_of(value, path=""):
    """Give the path of every key and every item of a TOML value, with the key or the item."""
    if isinstance(value, dict):
        for key, one in value.items():
            below = f"{path}.{key}" if path else key
            yield below, key
            yield from paths_of(one, below)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield f"{path}[{number}]", one
            yield from paths_of(one, f"{path}[{number}]")


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_key_of_the_products_layouts_is_found_where_it_stands(name, end):
    text = TEXTS[name].replace("\n", end)
    lines = TEXTS[name].split("\n")
    _text, values = values_of(text.encode(), name)
    for path, told in paths_of(values):
        line, column = place_of(text, path)
        there = lines[line - 1][column - 1 :]
        wanted = told if isinstance(told, str) and told.isprintable() else ""
        assert there.lstrip("[\"'").startswith(wanted[:20]) or there.startswith("["), path


TREES = st.recursive(
    st.one_of(st.integers(0, 9), st.booleans(), st.text("ab]}#,=\"'\\ 额\n", max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text('ab.-额 #"', min_size=1, max_size=3), inner, max_size=3),
    ),
    max_leaves=8,
)


def toml(value):
    """Write a value inline, with a line end after each item of a list."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, list):
        return "[" + "".join(f"{toml(one)}, # ]\n" for one in value) + "]"
    return "{" + ", ".join(f"{toml(key)} = {toml(one)}" for key, one in value.items()) + "}"


@given(TREES, TREES)
def test_a_key_behind_anything_is_found(before, inside):
    text = f"first = {toml(before)}\n\n[table]\nx = {toml(inside)}\nlast = 1 # here\n"
    values_of(text.encode(), "x")
    line = text.count("\n")
    assert place_of(text, "table.last") == (line, 1)
    assert place_of(text, "table.missing") == (line - text.split("[table]\n")[1].count("\n"), 1)
    assert place_of(text, "missing.whole") == (1, 1)


@given(st.text(st.sampled_from("ab=[]{}\"'#.,\n\\ 1"), max_size=60))
def test_what_is_no_layout_is_refused_within_the_text(text):
    with pytest.raises(BadLayout) as refused:
        layout_of(text.encode(), "x")
    lines = text.split("\n")
    assert 1 <= refused.value.line <= len(lines)
    assert 1 <= refused.value.column <= max(map(len, lines)) + 1


def test_bytes_that_are_no_text_are_pointed_at():
    with pytest.raises(BadLayout) as refused:
        layout_of(b'name = "x"\ntitle = "\xff"\n', "x")
    assert (refused.value.line, refused.value.column, refused.value.expected) == (
        2,
        10,
        "UTF-8 text",
    )


@given(
    st.sampled_from(
        [r"笔数[:：]\s*(\d+)", r"^BV", r"(?P<date>\d{4}-\d\d)_(\w+)", r"(a)|(b)", r"x*"]
    ),
    st.text("笔数：: 0123BVab_-x", max_size=20),
)
def test_a_pattern_finds_what_pythons_own_engine_finds(pattern, text):
    found, told = re.search(pattern, text, re.ASCII), pattern_of(pattern).search(text)
    assert (found is None) == (told is None)
    if found and told:
        assert told.groups == tuple(one or "" for one in found.groups())
        assert told.named == {key: one or "" for key, one in found.groupdict().items()}


@pytest.mark.parametrize("pattern", [r"(a|a)*$", r"(a+)+$", r"(.*)(.*)(.*)(.*)(.*)!"])
def test_a_hostile_pattern_takes_no_longer_than_its_text(pattern):
    """Python's own engine would take years for the first."""
    begun = time.monotonic()
    pattern_of(pattern).search("a" * 5_000 + "b")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("pattern", [r"(?=a)", r"(a)\1", "(", r"\w{1000}{1000}{1000}"])
def test_what_the_engine_does_not_have_is_refused_in_a_few_words(pattern):
    with pytest.raises(ValueError, match=r"\w") as refused:
        pattern_of(pattern)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", TEXTS)
def test_a_layout_of_the_product_can_be_started_from(name):
    assert layout_of(start_from(name).encode(), name).name == f"{name}.own"


def test_which_format_a_file_is_in_does_not_depend_on_their_order(tmp_path):
    path = tmp_path / "INN24030588ZM_898310154110001"
    path.write_bytes(b"")
    for among in (FORMATS, FORMATS[::-1]):
        assert catalogue.recognise(path, among).name == "zm"
    own = [one for one in FORMATS if one.name == "zm"]
    with pytest.raises(Ambiguous) as refused:
        catalogue.recognise(path, (), declared=[_named(own[0], n) for n in ("b", "a")])
    assert refused.value.formats == "a, b"
    assert catalogue.recognise(path, FORMATS, declared=[_named(own[0], "mine")]).name == "mine"


def _named(form, name):
    return replace(form, name=name)
