"""Technical data of an audience come in, each kind of device once; the form of the file it gets goes out."""
