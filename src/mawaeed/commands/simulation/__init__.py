"""A living day: invented or logged visitors, played through the product's own actions."""
