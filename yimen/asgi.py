"""The program as a server sees it: Django in threads, behind an asynchronous front that later carries the streams."""

import os

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yimen.settings")

application = WSGIMiddleware(get_wsgi_application(), workers=8)
