"""The API: JSON twins of the pages, one error shape on every route."""
