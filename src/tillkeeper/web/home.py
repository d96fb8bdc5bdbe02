"""The start page: the first area that the actor may enter."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from tillkeeper.web.nav import areas_of
from tillkeeper.web.parts import Request


@login_required
def home(request: Request) -> HttpResponse:
    """Lead on to the first area; whoever holds no role yet is told so."""
    areas = [area for area in areas_of(request.actor) if area.name != "board"]
    return redirect(areas[0].url) if areas else render(request, "system/no_role.html")


urlpatterns = [path("", home, name="home")]
