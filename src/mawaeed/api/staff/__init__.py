"""What machines of the house may do with a staff token: the same actions as the pages."""
