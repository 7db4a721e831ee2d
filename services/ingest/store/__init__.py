"""Every query of ingest: whose fact it is, what a loan has been told, which day it is."""
