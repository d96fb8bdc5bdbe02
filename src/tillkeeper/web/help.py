"""Help: keys, areas, and where to read on."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from tillkeeper.terminals.wording import STATE_LABELS
from tillkeeper.web.parts import Request


@login_required
def page(request: Request) -> HttpResponse:
    """Show the one page of help."""
    return render(request, "system/help.html", {"states": STATE_LABELS.items()})


urlpatterns = [path("", page, name="help")]
