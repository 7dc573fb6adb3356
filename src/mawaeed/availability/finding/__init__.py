"""Where and when there is something free: earliest, nearest, by part of the day; and if not."""
