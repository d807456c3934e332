"""Turning notebooks into other documents."""
