BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'bacs_measurements','v1_windows_and_chunks','2026-11-22 05:48:39.014340+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'bacs_measurements','v2_epochs_and_identity','2026-11-22 05:48:39.021745+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'bacs_measurements','v3_recorded_time','2026-11-22 05:48:39.023377+00:00');
CREATE TABLE "chunks" (
   "id" INTEGER PRIMARY KEY,
   "body" BLOB NOT NULL
);
INSERT INTO "chunks" VALUES(1,X'090027000000BE8A8F7F27000000CA60701B270000002DB2730D270000000AEB63D528000000755731E6270000001AB98FF92800000070CF642B100000005837CC31100000005837CC31598EE22E110200000000001C0000000070636F2103000201040108030000001000D0A6630F0D005C0E5500110200000000001C0000000070636F210300020104010803000000100028D8633325A41C0D0000110200000000001C0000000070636F2103000201040108030000001000D8E263B7173CC00A0000110200000000001C0000000070636F210300020104010803000000100090B9630F99C600E0F600110200000000001D0000000070636F210300020104010803000000100020C06B411300E8CB630700110200000000001C0000000070636F210300020104010803000000100058D163C38B434E0B0000110200000000001D0000000070636F210300020104010803000000100060AC6B00006E66BCAD05000001800900000010010000000000000000018009000000100100000000000000');
INSERT INTO "chunks" VALUES(2,X'06003C000000C2A815D82B0000000FDD410D100000002D5ACBF910000000A69C66102B000000A60F2BD010000000EFB8BB719A510058010600000000000C0000000C00000000000000060000000300000010FAFFFFFFFFFFFFFF000C08082F23000000000000FA0400001000F0FF138B79A61102C0090000001700000010FA000000000000000070636F2103000201040108030000001000D0070C08000001E00900000010A4010000000000000001E00900000010E80300000000000011026009000000170000001000000000000000000070636F210300020104010803000000100038010C0D000001E009000000100000000000000000');
INSERT INTO "chunks" VALUES(3,X'09002700000091F4B2AC280000003DCABDB527000000E34A0A8927000000CE275C69270000009D59B6F728000000C581BF6627000000F004E9DE100000005837CC31100000005837CC31C561635F110200000000001C0000000070636F2103000201040108030000001000D0EB6303EA5900F0D500110200000000001D0000000070636F210300020104010803000000100030AF6B00400BC4D1710300110200000000001C0000000070636F2103000201040108030000001000B8CD6394EAD800907300110200000000001C0000000070636F2103000201040108030000001000C8B3639B7F410060A600110200000000001C0000000070636F210300020104010803000000100050E263700A00B51BA200110200000000001D0000000070636F210300020104010803000000100050AF6BD6F29F2E30000000110200000000001C0000000070636F210300020104010803000000100028C663001084A7A47E000001800900000010010000000000000000018009000000100100000000000000');
INSERT INTO "chunks" VALUES(4,X'06003A00000099CD034210000000B5C874D210000000F522AF34100000007EE402DD2B000000BF7C749E1000000037C0DFBCE67E9557010600000000000B0000000C00000000000000060000000200000010FCFFFFFFFFFFFFFF000808342300000000000004FC00001000F8FF1358520001C00900000010FA000000000000000001C00900000010A4010000000000000001C00900000010E80300000000000011024009000000170000001000000000000000000070636F210300020104010803000000100040011420000001C009000000100000000000000000');
CREATE TABLE "damage" (
   "chunk_id" INTEGER PRIMARY KEY,
   "text" TEXT NOT NULL
);
CREATE TABLE "identity" (
   "name" TEXT PRIMARY KEY
);
INSERT INTO "identity" VALUES('beedd91941eb43839f0b7126a03eba4c');
CREATE TABLE "progress" (
   "what" TEXT PRIMARY KEY,
   "value" INTEGER NOT NULL
);
CREATE TABLE "strings" (
   "id" INTEGER PRIMARY KEY,
   "key" TEXT NOT NULL,
   "layout" TEXT NOT NULL,
   "group_cells" INTEGER NOT NULL
);
INSERT INTO "strings" VALUES(1,'m/1','{"cell_count": 3, "columns": [{"name": "voltage_v", "steps_per_unit": 1000, "symbols": []}, {"name": "temperature_c", "steps_per_unit": 10, "symbols": []}, {"name": "resistance_ohm", "steps_per_unit": 1000000, "symbols": []}, {"name": "charge_percent", "steps_per_unit": 10, "symbols": []}, {"name": "duty_percent", "steps_per_unit": 2, "symbols": []}, {"name": "status", "steps_per_unit": 1, "symbols": []}], "key": "m/1", "manager_id": "m", "name": "String 1", "scalars": [{"name": "sum_voltage_v", "steps_per_unit": 1000, "symbols": []}, {"name": "target_voltage_v", "steps_per_unit": 1000, "symbols": []}, {"name": "mean_charge_percent", "steps_per_unit": 10, "symbols": []}, {"name": "current_a", "steps_per_unit": 1000, "symbols": []}, {"name": "ac_current_a", "steps_per_unit": 100, "symbols": []}, {"name": "power_w", "steps_per_unit": 10, "symbols": []}, {"name": "room_temperature_c", "steps_per_unit": 10, "symbols": []}, {"name": "equalization", "steps_per_unit": 1, "symbols": ["not_offered", "idle", "active", "inhibited", "unknown"]}, {"name": "inhibited_by", "steps_per_unit": 1, "symbols": ["discharge", "stale_reading", "resistance_measurement", "hot_module", "forming_period", "mixed_generations", "manual_stop", "mode_off", "charge_phase"]}]}',128);
INSERT INTO "strings" VALUES(2,'m/2','{"cell_count": 2, "columns": [{"name": "voltage_v", "steps_per_unit": 1000, "symbols": []}, {"name": "temperature_c", "steps_per_unit": 10, "symbols": []}, {"name": "resistance_ohm", "steps_per_unit": 1000000, "symbols": []}, {"name": "charge_percent", "steps_per_unit": 10, "symbols": []}, {"name": "duty_percent", "steps_per_unit": 2, "symbols": []}, {"name": "status", "steps_per_unit": 1, "symbols": []}], "key": "m/2", "manager_id": "m", "name": "String 2", "scalars": [{"name": "sum_voltage_v", "steps_per_unit": 1000, "symbols": []}, {"name": "target_voltage_v", "steps_per_unit": 1000, "symbols": []}, {"name": "mean_charge_percent", "steps_per_unit": 10, "symbols": []}, {"name": "current_a", "steps_per_unit": 1000, "symbols": []}, {"name": "ac_current_a", "steps_per_unit": 100, "symbols": []}, {"name": "power_w", "steps_per_unit": 10, "symbols": []}, {"name": "room_temperature_c", "steps_per_unit": 10, "symbols": []}, {"name": "equalization", "steps_per_unit": 1, "symbols": ["not_offered", "idle", "active", "inhibited", "unknown"]}, {"name": "inhibited_by", "steps_per_unit": 1, "symbols": ["discharge", "stale_reading", "resistance_measurement", "hot_module", "forming_period", "mixed_generations", "manual_stop", "mode_off", "charge_phase"]}]}',128);
CREATE TABLE "unset_epochs" (
   "epoch" INTEGER PRIMARY KEY,
   "boot" TEXT NOT NULL,
   "started_at" INTEGER NOT NULL
);
CREATE TABLE "windows" (
   "id" INTEGER PRIMARY KEY,
   "string_id" INTEGER NOT NULL,
   "tier" TEXT NOT NULL,
   "epoch" INTEGER NOT NULL,
   "first" INTEGER NOT NULL,
   "last" INTEGER NOT NULL,
   "sequence" INTEGER NOT NULL,
   "last_sequence" INTEGER NOT NULL,
   "derived" INTEGER NOT NULL,
   "chunk_id" INTEGER NOT NULL,
   "bytes" INTEGER NOT NULL,
   "axis" BLOB NOT NULL
, "recorded_ms" INTEGER NOT NULL DEFAULT 0);
INSERT INTO "windows" VALUES(1,1,'full',1,1795248000000,1795248030000,1,4,0,1,659,X'01000C00000029CB720E61B996E1040000001027000000000000',30000);
INSERT INTO "windows" VALUES(2,2,'full',1,1795248000000,1795248030000,1,4,0,3,630,X'01000C00000029CB720E61B996E1040000001027000000000000',30000);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE UNIQUE INDEX "idx_strings_layout_group_cells"
    ON "strings" ("layout", "group_cells");
CREATE INDEX "idx_windows_tier_string_id_first"
    ON "windows" ("tier", "string_id", "first");
CREATE INDEX "idx_windows_tier_first_last_bytes"
    ON "windows" ("tier", "first", "last", "bytes");
CREATE INDEX "idx_windows_tier_string_id_last_sequence"
    ON "windows" ("tier", "string_id", "last_sequence");
CREATE INDEX windows_to_derive ON windows (first) WHERE tier = 'full' AND derived = 0;
COMMIT;
