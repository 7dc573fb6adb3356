"""Mawaeed: appointments and waiting halls for public service centres."""

__version__ = "0.1.0"
