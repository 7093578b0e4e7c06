"""The fold: sessions become a course. Pure."""
