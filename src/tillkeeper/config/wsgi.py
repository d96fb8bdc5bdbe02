"""The console and the REST API as a WSGI application, for granian."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tillkeeper.config.settings")
application = get_wsgi_application()
