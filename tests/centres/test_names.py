from mawaeed.centres.names import localised


def test_localised_falls_back_from_region_to_language_to_arabic() -> None:
    value = {"ar": "موعد", "en": "appointment"}
    assert localised(value, "en") == "appointment"
    assert localised(value, "en-gb") == "appointment"
    assert localised(value, "ur") == "موعد"
    assert localised({"ur": "ملاقات"}, "en") == "ملاقات"
    assert localised({}, "ar") == ""
    assert localised(None, "ar") == ""
