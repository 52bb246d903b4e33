"""What goes over the wire; response schemas have no defaults."""
