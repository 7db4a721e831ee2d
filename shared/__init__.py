"""The street under the four houses: plumbing and the published language, and no business decision."""
