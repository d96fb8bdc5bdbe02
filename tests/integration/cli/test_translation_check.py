"""The check of the catalogue: what it finds in code and templates, and what it complains about."""

import polib
import pytest
from scripts.check_translations import Message, compare, in_python, in_template


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('x = _("Save")', Message("Save")),
        ('x = gettext_lazy("One " "sentence.")', Message("One sentence.")),
        ('x = ngettext("%(n)s row", "%(n)s rows", n)', Message("%(n)s row", "%(n)s rows")),
        ('x = pgettext("verb", "Open")', Message("Open", context="verb")),
        (
            'class E:\n    sentence: ClassVar[str] = (\n        "It is "\n        "taken."\n    )',
            Message("It is taken."),
        ),
        ('SENTENCES: Final = f({"a.b": "Write it anew."})', Message("Write it anew.")),
    ],
)
def test_sentences_are_found_in_python(source, found):
    assert list(in_python(source)) == [found]


@pytest.mark.parametrize(
    "source", ["gettext(error.sentence)", "x = _", "sentence = 'local'", "f('no')"]
)
def test_what_is_no_sentence_is_left_alone(source):
    assert list(in_python(source)) == []


def test_an_f_string_cannot_be_translated():
    with pytest.raises(SystemExit):
        list(in_python('_(f"{n} of {total}")'))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("{% translate 'Save' %}", Message("Save")),
        ('{% translate "Open" context "verb" %}', Message("Open", context="verb")),
        ('{{ x|default:_("none") }}', Message("none")),
        (
            "{% blocktranslate trimmed %}\n Hello\n {{ name }}\n{% endblocktranslate %}",
            Message("Hello %(name)s"),
        ),
        (
            "{% blocktranslate count n=n %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}",
            Message("%(n)s row", "%(n)s rows"),
        ),
    ],
)
def test_sentences_are_found_in_templates(source, found):
    assert list(in_template(source)) == [found]


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"msgid": "Save %(n)s", "msgstr": "保存 %(n)s"}, None),
        ({"msgid": "Save %(n)s", "msgstr": ""}, "not translated"),
        ({"msgid": "Save %(n)s", "msgstr": "保存"}, "other placeholders"),
        ({"msgid": "Save %(n)s", "msgstr": "保存 %(n)s", "flags": ["fuzzy"]}, "fuzzy"),
        ({"msgid": "Else", "msgstr": "其他"}, "no longer said"),
    ],
)
def test_each_fault_of_the_catalogue_is_named(entry, complaint):
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(**entry))
    complaints = compare(catalogue, {(None, "Save %(n)s"): Message("Save %(n)s")})
    assert any(complaint in line for line in complaints) if complaint else complaints == []
