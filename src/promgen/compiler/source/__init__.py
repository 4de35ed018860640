"""Files and YAML text: from bytes on disk to trees of data in which every key and value knows its place."""
