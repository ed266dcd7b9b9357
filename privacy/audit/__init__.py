"""The audit log: a keyed chain of lines, its anchors and its checkpoints."""
