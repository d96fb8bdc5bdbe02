"""What tests of every room may ask for beside the people and the tree."""

from tests.farm import _farm, _storage, farm, storage

__all__ = ["_farm", "_storage", "farm", "storage"]
