"""Ids for new cells."""
