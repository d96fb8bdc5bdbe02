"""A rule as somebody drafts it, judged before it is written."""

import pytest

from tillkeeper.engines.alerting.errors import BadSpec
from tillkeeper.telemetry.services.rules import RuleDraft, checked


def test_a_number_past_64_bits_is_refused_with_its_field():
    spec = {"kind": "threshold", "signal": "battery_level", "op": "below", "limit": 10**400}
    with pytest.raises(BadSpec) as refused:
        checked(RuleDraft(code="huge", name="Huge", spec=spec))
    assert refused.value.field == "limit"
