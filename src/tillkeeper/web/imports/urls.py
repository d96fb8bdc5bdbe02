"""Addresses of the imports."""

from django.urls import path

from tillkeeper.web.imports import mapping, pages

urlpatterns = [
    path("", pages.index, name="imports"),
    path("new", pages.new, name="imports-new"),
    path("templates/<str:kind>/<str:language>", pages.template, name="imports-template"),
    path("<str:number>", pages.detail, name="import"),
    path("<str:number>/progress", pages.progress_part, name="import-progress"),
    path("<str:number>/mapping", mapping.choose, name="import-mapping"),
    path("<str:number>/apply", pages.apply, name="import-apply"),
    path("<str:number>/stop", pages.stop, name="import-stop"),
    path("<str:number>/undo", pages.undo, name="import-undo"),
    path("<str:number>/refused", pages.refused, name="import-refused"),
]
