"""Addresses of the labels."""

from django.urls import path

from tillkeeper.web.labels import pages

urlpatterns = [
    path("", pages.index, name="labels"),
    path("preview", pages.preview, name="labels-preview"),
    path("pdf", pages.pdf, name="labels-pdf"),
]
