"""The pages: templates, fragments and the little script they need. They hold no rule of their own."""
