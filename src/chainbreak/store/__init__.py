"""What lasts: the lake (tables of records), the desk (decisions), and the only files that name a query engine."""
