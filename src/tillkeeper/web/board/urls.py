"""The board stands at the root."""

from django.urls import path

from tillkeeper.web.board.page import index

urlpatterns = [path("", index, name="board")]
