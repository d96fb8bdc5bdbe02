"""Changing one's own password."""

import pytest
from tests.factories import PASSWORD

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.trail import trail
from tillkeeper.parties.models import Person

pytestmark = pytest.mark.django_db
NEW = "calm-Harbour-71"


def test_a_new_password_works_and_is_written_into_the_audit_trail(client, manager):
    client.force_login(Person.objects.get(username="mei"))
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    answer = client.post("/account/password/change/", form)
    assert answer.status_code == 302
    assert Person.objects.get(username="mei").check_password(NEW)
    (entry,) = trail(scope=Scope(("",)), subject="person:mei")
    assert (entry.action, entry.actor, entry.changes) == (
        "person.change_own_password",
        "person:mei",
        [],
    )
