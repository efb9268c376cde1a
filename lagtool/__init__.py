"""lagtool: index, validate, describe and split the LAG glaucoma fundus data set."""

__version__ = "0.1.0"
