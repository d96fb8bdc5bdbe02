"""/healthz: whether this installation works, for load balancers and for whoever is on duty. Needs no signing in."""

from http import HTTPStatus
from typing import Any, Literal

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import now
from ninja import Field, Router, Schema, Status

from tillkeeper import __version__
from tillkeeper.kernel.outbox import owed

router = Router(tags=["health"], auth=None)


class HealthOut(Schema):
    """What was found. `status` is failing when the database does not answer or waits for migrations."""

    status: Literal["ok", "failing"]
    version: str
    database: bool = Field(description="The database answers.")
    migrations_pending: int | None
    outbox_due: int | None = Field(description="Events not delivered yet though due.")
    outbox_failed: int | None = Field(
        description="Events whose delivery failed and is tried again."
    )


def health() -> dict[str, Any]:
    """Look at the database, its migrations and the outbox."""
    found = {"version": __version__, "database": False}
    found |= dict.fromkeys(("migrations_pending", "outbox_due", "outbox_failed"))
    try:
        executor = MigrationExecutor(connection)
        pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        found |= {"database": True, "migrations_pending": pending}
        if not pending:
            found["outbox_due"], found["outbox_failed"] = owed(at=now())
    except DatabaseError:
        return {**found, "status": "failing"}
    return {**found, "status": "failing" if pending else "ok"}


def answer_healthz(request: HttpRequest) -> JsonResponse:
    """Answer at /healthz, where load balancers and containers look first."""
    found = health()
    status = HTTPStatus.OK if found["status"] == "ok" else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse(found, status=status, headers={"Cache-Control": "no-store"})


@router.get("/healthz", response={200: HealthOut, 503: HealthOut}, url_name="healthz")
def healthz(request: HttpRequest, response: HttpResponse) -> Any:
    """Say whether the installation works; 503 when it does not."""
    found = health()
    response["Cache-Control"] = "no-store"
    return Status(200 if found["status"] == "ok" else 503, found)
