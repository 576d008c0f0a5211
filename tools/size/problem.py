"""The error that this package reports to the user."""


class SizeError(Exception):
    """A file that cannot be read, or code whose stack has no bound. The message is for the user and complete."""
