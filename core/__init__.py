"""What the product is: entities, rules, mirror, jobs and verbs. No Qt, and nothing of our other packages."""
