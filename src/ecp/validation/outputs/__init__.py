"""A report in the forms that other programs read: one module a form, each with `render`."""
