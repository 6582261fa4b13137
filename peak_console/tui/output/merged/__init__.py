"""The outputs of several jobs as one, in the order in which their lines were written."""
