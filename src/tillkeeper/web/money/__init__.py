"""The console's money pages: files brought in, matching runs, cases, the ledger and the rules."""
