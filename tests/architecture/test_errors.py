"""Every error has a status, a code of its own, and a sentence that its own facts can fill."""

import importlib
import pkgutil
import re
from collections import Counter
from dataclasses import fields, is_dataclass
from http import HTTPStatus

import pytest

import tillkeeper
from tillkeeper.api.errors import STATUS, status_of
from tillkeeper.kernel.errors import TillkeeperError


def every_kind(parent=TillkeeperError):
    for kind in parent.__subclasses__():
        yield kind
        yield from every_kind(kind)


def import_everything():
    for module in pkgutil.walk_packages(tillkeeper.__path__, "tillkeeper."):
        # Settings of other installations and the servers' entry points act when imported.
        if module.name.startswith("tillkeeper.config.") or ".migrations" in module.name:
            continue
        importlib.import_module(module.name)


import_everything()
KINDS = sorted(set(every_kind()), key=lambda kind: (kind.__module__, kind.__name__))
PUBLIC = [kind for kind in KINDS if not kind.__name__.startswith("_")]


@pytest.mark.parametrize("kind", PUBLIC, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status(kind):
    assert status_of(kind) >= HTTPStatus.BAD_REQUEST
    assert any(parent in STATUS for parent in kind.__mro__)


def test_every_error_has_a_code_of_its_own():
    without = [kind.__name__ for kind in PUBLIC if "code" not in vars(kind)]
    assert without == []
    doubled = [code for code, count in Counter(kind.code for kind in PUBLIC).items() if count > 1]
    assert doubled == []


@pytest.mark.parametrize("kind", PUBLIC, ids=lambda kind: kind.__name__)
def test_a_code_names_its_room_and_the_sentence_its_facts(kind):
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", kind.code)
    assert is_dataclass(kind)
    named = set(re.findall(r"%\((\w+)\)s", kind.sentence))
    if not hasattr(kind, "worded"):
        assert named <= {field.name for field in fields(kind)}
