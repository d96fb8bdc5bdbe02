"""Addresses of logs, and of the kinds of lines that stand in them."""

from django.urls import path

from tillkeeper.web.logs import judging, listing, one, patterns

urlpatterns = [
    path("", listing.index, name="logs"),
    path("patterns/", patterns.index, name="logs-patterns"),
    path("patterns/<int:number>/", patterns.detail, name="log-pattern"),
    path("patterns/<int:number>/judge/", judging.judge, name="log-pattern-judge"),
    path("<int:number>/", one.detail, name="log"),
    path("<int:number>/file/", one.file, name="log-file"),
    path("<int:number>/read-again/", judging.again, name="log-read-again"),
]
