"""A form whose object somebody else saved first: both values are shown, and saving again is a decision."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from tillkeeper.kernel.errors import Stale

Difference = tuple[Any, Any, Any]  # label, the present value, the one typed


def over_theirs(form: forms.Form, present: Mapping[str, Any], error: Stale) -> list[Difference]:
    """Set a refused form against what stands there now, and return where the two differ.

    Args:
        form: as it was filled in; it has passed its own checks and has a field `version`.
        present: the values that stand there now, by field; fields that are not in it are not compared.
        error: why it was refused.
    """
    differing = _differences(form, present)
    data = cast("QueryDict", form.data).copy()
    data["version"] = str(error.current)
    form.data = data
    form.add_error(None, _("Nothing has been saved yet."))  # what may be done stands above it
    return differing


def _differences(form: forms.Form, present: Mapping[str, Any]) -> list[Difference]:
    return [
        (form.fields[name].label, _told(form, name, present[name]), _told(form, name, value))
        for name, value in form.cleaned_data.items()
        if name != "version" and name in present and (present[name] or "") != (value or "")
    ]


def _told(form: forms.Form, name: str, value: Any) -> Any:
    """Return a value as its field names it: a choice by its label."""
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        return value
    return dict(cast("Iterable[tuple[Any, Any]]", field.choices)).get(value, value)
