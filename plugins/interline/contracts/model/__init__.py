"""The words of a contract as typed objects: domain, product, contract, columns, rules, roles, periods."""
