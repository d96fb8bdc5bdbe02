"""Labels: which serials, which sheet, a preview, a PDF."""
