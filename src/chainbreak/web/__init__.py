"""The joint of the two web faces: one application with the routes of both."""
