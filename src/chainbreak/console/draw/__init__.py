"""Pictures as SVG: shapes have classes, the style sheet has the colours, and nothing is drawn by a script."""
