"""Pieces of notebooks as pieces of HTML that are safe to put into a page.

Whatever a notebook holds is taken for hostile. A filter returns :class:`markupsafe.Markup` only for what it made or
sanitised itself; anything else is escaped by the template.
"""
