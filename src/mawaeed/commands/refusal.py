"""A command that cannot do what was asked, said in one sentence."""


class CommandRefused(Exception):
    """What stands in the way and what to do about it; printed without a traceback."""
