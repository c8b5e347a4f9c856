"""What the centre does to the world: orders as one state machine, and their delivery to partners."""
