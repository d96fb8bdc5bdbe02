"""The page that describes this API: Swagger UI from our own origin, nothing inline, so the strict CSP holds."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase


class Docs(DocsBase):
    """Renders api/docs.html. Swagger's scripts and styles are those that django-ninja brings along."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: str) -> HttpResponse:
        """Answer with the page; what may be tried there is what the signed-in person may do."""
        # validatorUrl: Swagger would ask a foreign host for a badge.
        configuration = {
            "url": self.get_openapi_url(api, kwargs),
            "layout": "BaseLayout",
            "deepLinking": True,
            "validatorUrl": None,
            "docExpansion": "list",
            "filter": True,
        }
        return render(
            request, "api/docs.html", {"configuration": configuration, "title": api.title}
        )
