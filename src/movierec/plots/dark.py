"""Colours of figures on dark pages; apart, since reports need nothing else of figures."""

# What a report's figures have on a dark page in place of those of report.mplstyle and theme.
DARK = {
    "#ffffff": "#14181d",
    "#262626": "#e6edf3",
    "#cccccc": "#3d444d",
    "#d9d9d9": "#4a525c",
    "#333333": "#d0d7de",
    "#4c4c4c": "#b7c0c9",
    "#595959": "#aab3bd",
    "#0173b2": "#4ba8e8",
}
