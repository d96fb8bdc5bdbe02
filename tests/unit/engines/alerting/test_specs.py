"""Rules are data: what cannot be read is refused, with the field, what stands there, and what is expected."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.engines.alerting.errors import BadSpec
from tillkeeper.engines.alerting.specs import KINDS, read_rule
from tillkeeper.telemetry.rule_defaults import DEFAULTS

LOW = {"kind": "threshold", "signal": "battery_level", "op": "below", "limit": 15}


@pytest.mark.parametrize("seed", DEFAULTS, ids=lambda seed: seed.code)
def test_every_default_can_be_read(seed):
    assert read_rule(seed.code, seed.spec).kind == seed.spec["kind"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "treshold"}, "kind"),
        ({"signal": "batery"}, "signal"),
        ({"signal": "charging"}, "signal"),
        ({"op": "<"}, "op"),
        ({"limit": "15"}, "limit"),
        ({"limit": float("nan")}, "limit"),
        ({"limit": float("inf")}, "limit"),
        ({"limit": 10**400}, "limit"),  # TOML and JSON know whole numbers that no float holds
        ({"limit": True}, "limit"),
        ({"clear": 10}, "clear"),
        ({"times": 0}, "times"),
        ({"for_s": -1}, "for_s"),
        ({"unless": "battery_level"}, "unless"),
        ({"limits": 3}, "limits"),
    ],
)
def test_the_refusal_names_the_field(change, field):
    with pytest.raises(BadSpec) as refused:
        read_rule("low", {**LOW, **change})
    assert refused.value.field == field
    assert refused.value.expected


def test_what_is_needed_must_be_there():
    with pytest.raises(BadSpec) as refused:
        read_rule("low", {"kind": "threshold", "signal": "battery_level", "op": "below"})
    assert refused.value.field == "limit"


json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_junk_gives_only_its_own_refusal(kind, data):
    from tillkeeper.engines.alerting.specs import fields_of

    names = fields_of(kind)
    spec = {name: data.draw(json) for name in names if data.draw(st.booleans())}
    with suppress(BadSpec):
        read_rule("x", {"kind": kind, **spec})
