"""Addresses of the area: `models` is the catalogue, `model` one of them. A code may have a slash in it."""

from django.urls import path

from tillkeeper.web.catalogue import pages

urlpatterns = [
    path("", pages.index, name="models"),
    path("-/new", pages.new, name="models-new"),
    path("<path:code>/edit", pages.edit, name="model-edit"),
    path("<path:code>/approvals/new", pages.approval, name="model-approval-new"),
    path("<path:code>", pages.detail, name="model"),
]
