"""What the command line does besides training: a file for each verb."""
