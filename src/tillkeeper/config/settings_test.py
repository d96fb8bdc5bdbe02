"""Settings for the tests: the same, but quick to hash, plain static files, background work done at once."""

import os
import tempfile

# Each process of a parallel run has files of its own; what a test starts shares them with it.
_OWN = f"tillkeeper-test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-"
if _OWN not in os.environ.get("TILLKEEPER_VAR", ""):
    os.environ["TILLKEEPER_VAR"] = tempfile.mkdtemp(prefix=_OWN)
os.environ.setdefault("TILLKEEPER_SECRET_KEY", "only for tests")
os.environ.setdefault("TILLKEEPER_LANGUAGE", "en")
os.environ.setdefault("TILLKEEPER_HOSTS", "localhost,127.0.0.1,testserver")

from tillkeeper.config.settings import *  # noqa: E402, F403
from tillkeeper.config.settings import DATABASES, STORAGES  # noqa: E402

DATABASES["default"]["CONN_MAX_AGE"] = 0  # a live server's threads must not outlast their test
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
TASKS = {
    "default": {
        "BACKEND": "django_tasks.backends.immediate.ImmediateBackend",
        "QUEUES": ["default"],
    }
}
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405  whitenoise warns of a folder that is not there
