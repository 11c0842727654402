bill_of_materials() { :; }
