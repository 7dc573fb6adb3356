"""Ordinary presses and tickets past the ORM: one statement that spans modules on PostgreSQL."""
