"""What music there is: the DuckDB catalogue and everything that describes a track."""
