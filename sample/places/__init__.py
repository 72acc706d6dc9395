"""Where households live: countries, their cities, banks and shops."""
