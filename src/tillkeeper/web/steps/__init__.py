"""The steps of one terminal's life as dialogs, with the proofs that open their guards."""
