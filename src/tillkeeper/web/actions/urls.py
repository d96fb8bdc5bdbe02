"""Addresses of remote actions."""

from django.urls import path

from tillkeeper.web.actions import listing, order, ordering

urlpatterns = [
    path("", listing.index, name="actions"),
    path("new/<str:kind>/", ordering.new, name="actions-new"),
    path("<str:number>/", order.detail, name="action"),
    path("<str:number>/results/", order.results_file, name="action-results"),
    path("<str:number>/approve/", order.approve, name="action-approve"),
    path("<str:number>/refuse/", order.refuse, name="action-refuse"),
    path("<str:number>/cancel/", order.cancel, name="action-cancel"),
]
