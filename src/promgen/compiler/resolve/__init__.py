"""Names, templates, environments, defaults and units: from documents as written to the catalogue as meant."""
