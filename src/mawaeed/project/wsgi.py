"""Django as a WSGI application: every page and the API.

In front of it: copies of free times, and the short way of the hottest writes.
"""

import os

from django.core.wsgi import get_wsgi_application

from mawaeed.api.kept_answers import KeptAnswers
from mawaeed.kernel import nudges

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mawaeed.project.settings")

_site = get_wsgi_application()

# Below the site, whose making sets Django up.
from mawaeed.api.short_way import ShortWay  # noqa: E402
from mawaeed.api.ways import WAYS  # noqa: E402

application = KeptAnswers(ShortWay(_site, WAYS))
nudges.start()
