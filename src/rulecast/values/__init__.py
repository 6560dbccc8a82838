"""Words of the domain: ids, phone number, money, clock, reasons, catalogues; nothing here does input or output."""
