"""For the data engineer of a new source: draft a mapping, try it, see what it enables."""
