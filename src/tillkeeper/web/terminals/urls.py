"""Addresses of the area: `terminals` is the list, `terminal` one of them."""

from django.urls import path

from tillkeeper.web.live import enrolment
from tillkeeper.web.live import terminal as voice
from tillkeeper.web.steps import dialogs, pickers
from tillkeeper.web.terminals import bulk, editing, exporting, listing, ordering, outcomes, page

# A serial number may have a slash in it and never begins with a hyphen: so its page comes last, and words after «-».
urlpatterns = [
    path("", listing.index, name="terminals"),
    path("-/tabs", listing.tabs, name="terminals-tabs"),
    path("-/columns", listing.columns, name="terminals-columns"),
    path("-/views", listing.views_manage, name="terminals-views"),
    path("-/views/new", listing.views_new, name="terminals-view-new"),
    path("-/views/<int:view_id>/delete", listing.views_delete, name="terminals-view-delete"),
    path("-/export", exporting.export, name="terminals-export"),
    path("-/order", ordering.new, name="terminals-order"),
    path("-/bulk", bulk.menu, name="terminals-bulk"),
    path("-/bulk/steps/<str:step>", bulk.step, name="terminals-bulk-step"),
    path("-/bulk/evidence/<str:kind>", bulk.evidence, name="terminals-bulk-evidence"),
    path("-/bulk/tampered", bulk.tampered, name="terminals-bulk-tampered"),
    path("-/results/<str:key>", outcomes.result, name="terminals-result"),
    path("-/results/<str:key>/results.csv", outcomes.results_csv, name="terminals-results-csv"),
    path("-/merchants", pickers.merchants, name="terminals-merchants"),
    path("-/sites", pickers.sites, name="terminals-sites"),
    path("-/issued", pickers.issued, name="terminals-issued"),
    path("<path:serial>/live", voice.page, name="terminal-live"),
    path("<path:serial>/live/wear", voice.wear, name="terminal-wear"),
    path("<path:serial>/live/readings", voice.readings, name="terminal-readings"),
    path("<path:serial>/code", enrolment.code, name="terminal-code"),
    path("<path:serial>/code/withdraw", enrolment.code_withdraw, name="terminal-code-withdraw"),
    path("<path:serial>/revoke", enrolment.key_revoke, name="terminal-revoke"),
    path("<path:serial>/doubts/<int:doubt>", enrolment.doubt_dismiss, name="terminal-doubt"),
    path("<path:serial>/edit", editing.edit, name="terminal-edit"),
    path("<path:serial>/steps/<str:step>", dialogs.step, name="terminal-step"),
    path("<path:serial>/evidence/<str:kind>", dialogs.evidence, name="terminal-evidence"),
    path("<path:serial>/tampered", dialogs.tampered, name="terminal-tampered"),
    path("<path:serial>/accessories/new", editing.accessory_new, name="terminal-accessory-new"),
    path(
        "<path:serial>/accessories/<int:accessory>/remove",
        editing.accessory_remove,
        name="terminal-accessory-remove",
    ),
    path("<path:serial>/files/new", editing.file_new, name="terminal-file-new"),
    path("<path:serial>/files/<str:sha256>", editing.file, name="terminal-file"),
    path("<path:serial>", page.detail, name="terminal"),
]
