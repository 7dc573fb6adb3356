"""Every table, field, choice and hint that the administration may name has Arabic words."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.admin.sites import site
from django.db.models import Field, Model
from django.utils.translation import override

ARABIC = re.compile(r"[\u0621-\u064a]")
# Permissions name every table, those of Django's own parts too.
TABLES = list(apps.get_models())


def words_of(model: type[Model]) -> Iterator[str]:
    """What the administration prints about the table's fields."""
    for field in model._meta.get_fields():
        if not isinstance(field, Field) or field.primary_key:
            continue
        yield str(field.verbose_name)
        yield str(field.help_text)
        if field.choices:
            yield from (str(label) for _value, label in field.flatchoices)


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.label)
def test_tables_have_arabic_names(model: type[Model]) -> None:
    with override("ar"):
        names = [str(model._meta.verbose_name), str(model._meta.verbose_name_plural)]
        parts = str(apps.get_app_config(model._meta.app_label).verbose_name)

    assert [name for name in [*names, parts] if not ARABIC.search(name)] == []


@pytest.mark.parametrize("model", list(site._registry), ids=lambda model: model._meta.label)
def test_fields_that_are_shown_have_arabic_words(model: type[Model]) -> None:
    with override("ar"):
        words = list(words_of(model))

    assert [word for word in words if word and not ARABIC.search(word)] == []


@pytest.mark.parametrize("model", list(site._registry), ids=lambda model: model._meta.label)
def test_a_row_is_not_called_by_its_class(model: type[Model]) -> None:
    assert model.__str__ is not Model.__str__
