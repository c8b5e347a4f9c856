"""The pages, one file each: what it shows, and the verbs its buttons call."""
