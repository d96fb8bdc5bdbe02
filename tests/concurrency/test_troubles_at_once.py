"""Two people over one batch at once, with real locks: opened once, one round for one finding, one end."""

from datetime import timedelta

import pytest
from django.db import transaction
from tests.factories import NOON, OrganisationFactory
from tests.money_days import DAY, MID, TID

from tillkeeper.kernel.actor import Actor
from tillkeeper.settlement.errors import TroubleEnded, TroubleStands
from tillkeeper.settlement.models import Case, Trouble, TroubleCheck
from tillkeeper.settlement.services.troubles import add_word, look, open_trouble
from tillkeeper.settlement.services.troubles_handed import hand_over

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
BY = {"by": Actor.system("race"), "at": NOON + timedelta(days=1)}
BATCH = {"mid": MID, "tid": TID, "batch": "1", "day": DAY, "organisation": "HQ", **BY}


@pytest.fixture(autouse=True)
def _a_lake_of_its_own(settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path
    OrganisationFactory(code="HQ")


def test_of_two_who_note_a_batch_one_opens_it_and_the_other_is_led_there(rival, wait_until_blocked):
    with transaction.atomic():
        first = open_trouble(**BATCH)
        second = rival(open_trouble, **BATCH)
        wait_until_blocked()
    with pytest.raises(TroubleStands) as refused:
        second.result(timeout=20)
    assert refused.value.number == first.number
    assert Trouble.objects.count() == 1


def test_two_rounds_at_once_that_find_the_same_are_written_once(rival, wait_until_blocked):
    trouble = open_trouble(**BATCH)
    before = TroubleCheck.objects.count()
    with transaction.atomic():
        look(number=trouble.number, word="the first", **BY)
        second = rival(look, number=trouble.number, word="the second", **BY)
        wait_until_blocked()
    second.result(timeout=20)
    words = TroubleCheck.objects.filter(check_code="").order_by("position")
    assert [one.text for one in words] == ["the first", "the second"]
    assert TroubleCheck.objects.count() == before + 2
    assert Trouble.objects.get().version == trouble.version + 2


def test_of_two_who_hand_it_over_one_opens_the_case(rival, wait_until_blocked):
    trouble = open_trouble(**BATCH)
    with transaction.atomic():
        hand_over(number=trouble.number, **BY)
        second = rival(hand_over, number=trouble.number, **BY)
        third = rival(add_word, number=trouble.number, text="too late", **BY)
        wait_until_blocked()
    for late in (second, third):
        with pytest.raises(TroubleEnded):
            late.result(timeout=20)
    assert Case.objects.count() == 1
