"""The console's addresses: one line an area; each area's module lists its own pages.

A page is named after its area: `merchants` is the list, `merchant` one of them, `merchants-new` and `merchant-edit` its
forms. The sidebar marks the area by the word before the hyphen.
"""

from django.urls import include, path

app_name = "web"
urlpatterns = [
    path("", include("tillkeeper.web.board.urls")),
    path("", include("tillkeeper.web.home")),
    path("terminals/", include("tillkeeper.web.terminals.urls")),
    path("alerts/", include("tillkeeper.web.alerts.urls")),
    path("actions/", include("tillkeeper.web.actions.urls")),
    path("logs/", include("tillkeeper.web.logs.urls")),
    path("models/", include("tillkeeper.web.catalogue.urls")),
    path("labels/", include("tillkeeper.web.labels.urls")),
    path("imports/", include("tillkeeper.web.imports.urls")),
    path("money/", include("tillkeeper.web.money.urls")),
    path("find/", include("tillkeeper.web.search")),
    path("merchants/", include("tillkeeper.web.merchants")),
    path("sites/", include("tillkeeper.web.sites")),
    path("organisations/", include("tillkeeper.web.organisations")),
    path("people/", include("tillkeeper.web.people")),
    path("profile/", include("tillkeeper.web.profile")),
    path("audit/", include("tillkeeper.web.audit")),
    path("settings/", include("tillkeeper.web.system")),
    path("help/", include("tillkeeper.web.help")),
]
