"""The plots of a report, each as one inline SVG element."""
