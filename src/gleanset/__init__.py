"""gleanset: turn a labelled list of image URLs into an exact, clean, balanced dataset."""

__version__ = "0.1.0"
