import time, pytest
from datetime import timedelta
from tests.factories import *
from tillkeeper.settlement.models import Case
from tillkeeper.parties.roles import Role
from django.test import Client
from django.utils import timezone
import random
@pytest.mark.django_db
def test_b(db):
    hq=OrganisationFactory(code="HQ"); sh=OrganisationFactory(code="SH",parent=hq)
    p=PersonFactory(role=Role.SETTLEMENT_CLERK, role__at=sh, username="lin")
    run=MatchingRunFactory(organisation=sh); f=MoneyFileFactory(organisation=sh)
    r=random.Random(1); now=timezone.now()
    kinds=["charged_without_slip","reversal_lost","fee_differs","amount_differs","held"]
    causes=["printer_failed","chip_refused","fee_plan_differs"]
    Case.objects.bulk_create([CaseFactory.build(organisation=sh,path=sh.path,run=run,first_run=run,source_file=f,difference=r.choice(kinds),cause=r.choice(causes),owner=r.choice(["","lin","wang","zhao"]),amount_minor=r.randint(1,10**7),opened_at=now-timedelta(minutes=r.randint(0,60000)),channel=r.choice(["card","wechat"]),trace=f"{i%10**6:06d}") for i in range(100_000)],batch_size=2000)
    from django.db import connection
    with connection.cursor() as c: c.execute("analyze")
    cl=Client(); cl.force_login(p,"django.contrib.auth.backends.ModelBackend")
    from tillkeeper.parties.models import Person
    from django.test.utils import CaptureQueriesContext
    for path,h in (("/money/cases/",{"HX-Request":"true"}),("/money/cases/",{}),("/money/",{})):
        cl.get(path,headers=h)
        with CaptureQueriesContext(connection) as c:
            t=time.perf_counter(); cl.get(path,headers=h); w=time.perf_counter()-t
        print(path,h,round(w*1000))
        for q in c.captured_queries:
            if float(q["time"])>0.004: print("   ",q["time"],q["sql"][:60],"...",q["sql"][-330:])
