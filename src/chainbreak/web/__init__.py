"""The joint of the two web faces: one application with the API's and the console's routes. `serve` names it to uvicorn."""
