"""One person, one file (一人一档): all that a night knows of one patient, doctor, institution or shop, as a page."""
