"""One warehouse and the locations that it supplies: order, then ration."""
