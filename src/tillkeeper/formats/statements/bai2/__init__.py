"""BAI2 (Bank Administration Institute, version 2): records, continuations, control totals."""
