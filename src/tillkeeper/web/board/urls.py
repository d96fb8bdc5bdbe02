"""The board stands at the root."""

from django.urls import path

from tillkeeper.web.board import page

urlpatterns = [path("", page.index, name="board")]
