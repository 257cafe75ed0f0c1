"""Published holes of related projects, each tried here: none of them opens this package."""
