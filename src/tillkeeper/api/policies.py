"""/policies: numbers that people decide, each with its source and effective date."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from tillkeeper.api.problems import LISTING
from tillkeeper.kernel.policy import policies

router = Router(tags=["policies"])


class PolicyOut(Schema):
    """A rule's value from a day on."""

    rule: str
    jurisdiction: str
    value: Any
    effective_from: date
    source: str
    verified: bool


@router.get("", response={200: list[PolicyOut], **LISTING})
def list_policies(request: HttpRequest) -> Any:
    """List every rule with all its values, newest first within a rule."""
    return policies()
