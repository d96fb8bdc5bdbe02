"""A day matched on a cluster, its lake on S3-compatible storage: cases, ledger and files come to the same."""

import pytest
from tests.farm import BUCKET

from tillkeeper.engines.matching.store import ABOUT
from tillkeeper.kernel.errors import LakeUnreachable
from tillkeeper.settlement.models import MoneyFile
from tillkeeper.settlement.services.files import lake, store_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_a_bucket(settings, storage, request):
    settings.TILLKEEPER_LAKE = f"s3://{BUCKET}/{request.node.name}"


@pytest.mark.cluster
def test_a_day_on_a_cluster_and_in_a_bucket_comes_to_what_it_does_here(
    in_a_bucket, farm, settings, bad_day, matched
):
    settings.TILLKEEPER_MATCH_ON = farm.address
    there = matched()
    assert (there.state, there.problem, there.cases_opened) == ("done", {}, 3)
    settings.TILLKEEPER_MATCH_ON = ""
    here = matched()
    assert (here.state, here.cases_opened, here.cases_vanished) == ("done", 0, 0)
    assert here.differences_sha256 == there.differences_sha256
    assert here.summary == there.summary


def test_what_is_brought_in_lies_in_the_bucket_and_nowhere_else(in_a_bucket, bad_day, settings):
    for file in MoneyFile.objects.all():
        assert [path.name for path in store_of(file).iterdir()] == [ABOUT, "part-00000.parquet"]
    assert list((lake() / "arriving").glob("*")) == []
    assert not (settings.TILLKEEPER_VAR / "lake").exists()


def test_a_run_whose_storage_is_gone_is_kept_with_the_reason(
    in_a_bucket, bad_day, matched, monkeypatch
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    run = matched()
    assert (run.state, run.problem["code"]) == ("failed", LakeUnreachable.code)


def test_a_run_whose_cluster_is_gone_is_kept_with_the_reason(settings, bad_day, matched):
    settings.TILLKEEPER_MATCH_ON = "ray://127.0.0.1:9"
    run = matched()
    assert (run.state, run.problem["code"]) == ("failed", "matching.cluster_unreachable")


def test_nothing_is_brought_in_while_the_storage_is_gone(in_a_bucket, bring, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(LakeUnreachable):
        bring("journal")
    assert not MoneyFile.objects.exists()
