"""The REST API under /api/v1: every router, wired once."""

from typing import Final

from ninja import NinjaAPI

api: Final = NinjaAPI(title="Tillkeeper", version="1", urls_namespace="api", docs_url=None)
