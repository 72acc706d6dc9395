"""Tables that countries are made from, by hand: brands, words for invented shops, ways to pay."""
