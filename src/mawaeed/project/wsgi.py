"""Django as a WSGI application: every page and the API, copies of free times in front of it."""

import os

from django.core.wsgi import get_wsgi_application

from mawaeed.api.kept_answers import KeptAnswers
from mawaeed.kernel import nudges

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mawaeed.project.settings")

application = KeptAnswers(get_wsgi_application())
nudges.start()
