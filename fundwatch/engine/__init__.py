"""The engine room: the Spark session, what Java prints, and what the analyser says of a plan."""
