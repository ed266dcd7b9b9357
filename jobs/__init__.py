"""What runs: one module per job, named by verb, and the command line. The only code that reads and writes tables."""
