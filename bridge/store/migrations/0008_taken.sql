-- Which resource types a destination said that can be created and updated there, when it was last asked ('' before).

ALTER TABLE destination ADD COLUMN taken TEXT NOT NULL DEFAULT '';
