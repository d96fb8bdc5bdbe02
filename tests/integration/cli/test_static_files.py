"""Static files as they are served: collected again whenever the package's are others."""

import json
import os
from datetime import datetime

import pytest
from django.contrib.staticfiles.finders import get_finders

from tillkeeper.cli.upkeep import MANIFEST, static_is_stale

COLLECTED = datetime(2099, 1, 1).timestamp()  # noqa: DTZ001  later than any file


@pytest.fixture
def collected(tmp_path, settings):
    """Return a function that writes what was collected, but for some files."""
    settings.STATIC_ROOT = str(tmp_path)
    paths = {path: path for finder in get_finders() for path, _ in finder.list([])}

    def write(*without):
        kept = {path: name for path, name in paths.items() if path not in without}
        assert len(kept) == len(paths) - len(without)
        (tmp_path / MANIFEST).write_text(json.dumps({"paths": kept}), encoding="utf-8")
        os.utime(tmp_path / MANIFEST, (COLLECTED, COLLECTED))

    return write


def test_what_was_collected_from_the_same_files_is_not_stale(collected):
    assert static_is_stale()  # nothing was collected yet
    collected()
    assert not static_is_stale()


def test_a_file_that_was_never_collected_is_seen_although_it_is_older(collected):
    collected("web/noscript.css")
    assert static_is_stale()
