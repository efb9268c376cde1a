"""The one exception that means "this could not be done" rather than "this is a bug"."""


class LagtoolError(Exception):
    """Something outside the program stands in the way of what was asked.

    The message is one line, names the file or option concerned and says what to do about it.
    The command line prints it on stderr and exits with 2.
    """


class ForeignFileError(LagtoolError):
    """A file is none of lagtool's: somebody else's data, not to be replaced lightly."""


class MissingLibraryError(LagtoolError, ImportError):
    """A library is not installed that an optional part of lagtool needs; also an ImportError, as callers expect it."""
