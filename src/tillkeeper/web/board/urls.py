"""The board stands at the root."""

from django.urls import path

from tillkeeper.web.board.live import no_stream, numbers
from tillkeeper.web.board.page import index

urlpatterns = [
    path("", index, name="board"),
    path("board/numbers", numbers, name="board-numbers"),
    path(
        "live/board", no_stream, name="board-stream"
    ),  # web.live.streams answers before, where something streams
]
