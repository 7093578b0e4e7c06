"""A course drawn over time: for people at a terminal, and as a picture that stands alone. Pure."""
