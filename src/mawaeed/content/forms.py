"""One field per language in place of raw JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from mawaeed.centres.names import REQUIRED_LANGUAGES


class LanguagesWidget(forms.MultiWidget):
    """A text box per language, each in its own direction, labelled with the language's name."""

    template_name = "content/languages_widget.html"

    class Media:
        css = {"all": ["content/languages.css"]}

    def __init__(self, *, long: bool = False) -> None:
        self.languages = [code for code, _name in settings.LANGUAGES]
        boxes: dict[str, forms.Widget | type[forms.Widget]] = {
            code: _box(code, long=long) for code in self.languages
        }
        super().__init__(boxes)

    def decompress(self, value: Any) -> list[str]:
        """The stored JSON as one text per language."""
        texts = value if isinstance(value, dict) else {}
        return [texts.get(code, "") for code in self.languages]


def _box(language: str, *, long: bool) -> forms.Widget:
    bidi = get_language_info(language)["bidi"]
    attributes = {
        "lang": language,
        "dir": "rtl" if bidi else "ltr",
        "class": "vLargeTextField" if long else "vTextField",
        "aria-label": dict(settings.LANGUAGES)[language],
    }
    if long:
        return forms.Textarea({**attributes, "rows": 4})
    return forms.TextInput(attributes)


class LanguagesField(forms.MultiValueField):
    """Texts per language as JSON; Arabic and English are required (of an optional field: both)."""

    def __init__(self, *, long: bool = False, max_length: int = 200, **options: Any) -> None:
        self.languages = [code for code, _name in settings.LANGUAGES]
        limit = 4000 if long else max_length
        required = options.pop("required", True)
        super().__init__(
            fields=[
                forms.CharField(max_length=limit, required=required and code in REQUIRED_LANGUAGES)
                for code in self.languages
            ],
            widget=LanguagesWidget(long=long),
            require_all_fields=False,
            required=required,
            **options,
        )

    def compress(self, data_list: Sequence[Any] | None) -> dict[str, str]:
        """What is stored: languages without a text are left out."""
        texts = dict(zip(self.languages, data_list or [], strict=False))
        return {code: text.strip() for code, text in texts.items() if text and text.strip()}

    def clean(self, value: Any) -> dict[str, str]:
        """The texts; half a translation is refused."""
        texts = cast("dict[str, str]", super().clean(value))
        missing = [code for code in REQUIRED_LANGUAGES if code not in texts]
        if texts and missing:
            raise forms.ValidationError(_("Write the text in Arabic and in English."))
        return texts
