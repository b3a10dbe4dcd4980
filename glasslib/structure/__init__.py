"""The local structure around each monomer: arrays in, arrays out."""
