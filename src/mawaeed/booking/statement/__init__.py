"""Ordinary bookings past the ORM: one statement that spans modules on PostgreSQL, few on SQLite."""
