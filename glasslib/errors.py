"""Errors a user meets: each message names the bad value and the remedy, on one line."""


class GlasslibError(Exception):
    """Base of every error that the command line prints as one line instead of a traceback."""


class ParameterError(GlasslibError, ValueError):
    """A parameter is unknown, of the wrong kind or out of range."""


class DivergedError(ParameterError):
    """A training's loss stopped being a number; another setting may do."""


class ConfigurationError(GlasslibError, ValueError):
    """A configuration cannot be used: no particles, not a number, coincident, box too small."""


class DataError(GlasslibError):
    """A data file is missing, damaged or does not match the registry."""


class DataWarning(UserWarning):
    """What was read can be used, but the reader should know something about it."""


class SimulationError(GlasslibError, RuntimeError):
    """LAMMPS cannot be loaded, or a simulation failed a physical check."""


class PublishError(GlasslibError, RuntimeError):
    """A notebook stopped, or the book could not be built."""


class PlaceError(GlasslibError):
    """A folder cannot be written; another can be named."""
