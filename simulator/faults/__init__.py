"""What goes wrong with files and values on their way."""
