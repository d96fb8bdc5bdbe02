"""Every address, by door."""

from django.urls import include, path, re_path

from tillkeeper.api.health import answer_healthz
from tillkeeper.api.nowhere import answer_nowhere
from tillkeeper.api.router import api

urlpatterns = [
    path("api/v1/", api.urls),
    re_path(r"^api/", answer_nowhere),
    path("healthz", answer_healthz),
    path("account/", include("tillkeeper.web.account_pages")),
    path("", include("tillkeeper.web.urls")),
]
handler400 = "tillkeeper.web.failures.bad_request"
handler403 = "tillkeeper.web.failures.not_allowed"
handler404 = "tillkeeper.web.failures.not_found"
handler500 = "tillkeeper.web.failures.broken"
