"""Getting Django ready, once per process, and saying in one sentence why that is not possible."""

import os
from typing import Final

import django
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation

SETTINGS: Final = "tillkeeper.config.settings"


def prepare() -> str | None:
    """Load settings and apps, and choose the language; return what is wrong with the settings, if anything is."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    if not apps.ready:
        try:
            django.setup()
        except ImproperlyConfigured as error:
            return str(error)
    translation.activate(language())
    return None


def language() -> str:
    """Return the language of this shell: what TILLKEEPER_LANGUAGE says where somebody set it.

    Else Chinese where LC_ALL, LC_MESSAGES or LANG says so, else English: the setting's default is the console's.
    """
    if chosen := os.environ.get("TILLKEEPER_LANGUAGE", "").strip():
        return chosen
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "zh-hans" if spoken.lower().startswith("zh") else "en"
