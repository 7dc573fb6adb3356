"""Dates and numbers: Western digits and separators as CLDR has them for Bahrain."""

DATE_FORMAT = "l j F Y"
TIME_FORMAT = "g:i A"
DATETIME_FORMAT = "l j F Y, g:i A"
SHORT_DATE_FORMAT = "j/n/Y"
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
FIRST_DAY_OF_WEEK = 0  # Sunday
