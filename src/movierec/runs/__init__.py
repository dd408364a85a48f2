import sys

# Where jsonschema finds this package, it compiles a grammar of international URLs for more than a
# second. nbformat imports jsonschema, and no notebook holds such a URL. None: "not installed".
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # documented, but not typed
