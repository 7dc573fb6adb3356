"""Django as a WSGI application: every page and the API.

In front of it: copies of free times, and the short way of the hottest writes.
"""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from mawaeed.api.kept_answers import KeptAnswers
from mawaeed.kernel import nudges

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mawaeed.project.settings")

_site = get_wsgi_application()

# Below the site, whose making sets Django up.
from mawaeed.api.short_way import ShortWay  # noqa: E402
from mawaeed.api.ways import WAYS  # noqa: E402

application = KeptAnswers(ShortWay(_site, WAYS))
nudges.start()


def _settle() -> None:
    """Load every page and keep the collector off what lives as long as the process.

    Else each full collection stops everybody, streams too, for a tenth of a second.
    """
    get_resolver().url_patterns  # noqa: B018 (reading it loads every view)
    gc.collect()
    gc.freeze()


_settle()
