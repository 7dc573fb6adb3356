"""The waiting list's turns, and what becomes of a place that is freed."""
