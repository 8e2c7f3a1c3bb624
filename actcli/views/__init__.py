"""Views of core results: tables with Rich, charts with plotext, pictures for files."""
