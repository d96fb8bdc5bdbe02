"""Drops: places from which money files are fetched by themselves, a folder of the server or one on somebody's SFTP."""
