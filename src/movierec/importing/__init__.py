"""From other people's files to a dataset's folder, and to one person's ratings."""
