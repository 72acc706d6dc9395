"""Small tables that `schemas.taxonomy` reads at import, and the script that rebuilds them."""
