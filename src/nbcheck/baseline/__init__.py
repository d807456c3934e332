"""Baselines: the failures that a project knows of and does not count, so that new ones are seen at once."""
