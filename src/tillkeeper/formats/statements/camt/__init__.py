"""CAMT.053 and CAMT.054 (ISO 20022 XML): read as a stream, by local names, so that every version reads alike."""
