"""What a run is handed out as: differences.csv, differences.xlsx, summary.json and one page with charts."""
