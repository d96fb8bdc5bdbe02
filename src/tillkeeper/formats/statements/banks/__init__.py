"""Account exports (银行流水) of Chinese banks as CSV, XLS or XLSX, read by the names of their columns."""
