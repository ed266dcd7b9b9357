"""What people wrote about leads, at an erasure and when the key changes; and what open cases hold back."""
