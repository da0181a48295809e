"""The YOLO line: scaled layouts from published configuration files, their blocks and their heads."""
