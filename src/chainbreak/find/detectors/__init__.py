"""One package a detector, one sub-package a version; a published version is never edited."""
