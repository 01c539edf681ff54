BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'bacs','v1_history_and_access','2026-11-21 06:39:25.930427+00:00');
CREATE TABLE "events" (
   "id" INTEGER PRIMARY KEY,
   "at" INTEGER NOT NULL,
   "kind" TEXT NOT NULL,
   "text" TEXT NOT NULL,
   "who" TEXT,
   "manager_id" TEXT,
   "string_key" TEXT,
   "cell" INTEGER,
   "line_id" TEXT,
   "data" TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,1795248000000,'setting_changed','site_id: not set → "5e6c6b0e-6a4f-4d0e-8f2e-0d6c7c9f4a11"','engine',NULL,NULL,NULL,NULL,'{"key": "site_id", "before": null, "value": "5e6c6b0e-6a4f-4d0e-8f2e-0d6c7c9f4a11"}');
INSERT INTO "events" VALUES(2,1795248000000,'line_lost','bus cable pulled',NULL,NULL,NULL,NULL,'modules','{}');
INSERT INTO "events" VALUES(3,1795248000000,'user_changed','user tessa added as technician','test',NULL,NULL,NULL,NULL,'{"user": "tessa"}');
INSERT INTO "events" VALUES(4,1795248000000,'token_changed','token home-assistant made as operator','test',NULL,NULL,NULL,NULL,'{"token": "home-assistant"}');
CREATE TABLE "keyframes" (
   "sample_id" INTEGER PRIMARY KEY,
   "at" INTEGER NOT NULL,
   "layout_id" INTEGER NOT NULL
);
INSERT INTO "keyframes" VALUES(1,1795248000000,1);
CREATE TABLE "layouts" (
   "id" INTEGER PRIMARY KEY,
   "description" TEXT NOT NULL
);
INSERT INTO "layouts" VALUES(1,'{"columns": [{"name": "voltage_v", "steps_per_unit": 1000, "symbols": []}, {"name": "temperature_c", "steps_per_unit": 10, "symbols": []}, {"name": "resistance_ohm", "steps_per_unit": 1000000, "symbols": []}, {"name": "charge_percent", "steps_per_unit": 10, "symbols": []}, {"name": "duty_percent", "steps_per_unit": 2, "symbols": []}, {"name": "status", "steps_per_unit": 1, "symbols": []}], "format": 1, "scalars": [{"name": "sum_voltage_v", "steps_per_unit": 1000, "symbols": []}, {"name": "target_voltage_v", "steps_per_unit": 1000, "symbols": []}, {"name": "mean_charge_percent", "steps_per_unit": 10, "symbols": []}, {"name": "current_a", "steps_per_unit": 1000, "symbols": []}, {"name": "ac_current_a", "steps_per_unit": 100, "symbols": []}, {"name": "power_w", "steps_per_unit": 10, "symbols": []}, {"name": "room_temperature_c", "steps_per_unit": 10, "symbols": []}, {"name": "equalization", "steps_per_unit": 1, "symbols": ["not_offered", "idle", "active", "inhibited", "unknown"]}, {"name": "inhibited_by", "steps_per_unit": 1, "symbols": ["discharge", "stale_reading", "resistance_measurement", "hot_module", "forming_period", "mixed_generations", "manual_stop"]}], "strings": [{"cell_count": 4, "key": "ups-a/1", "manager_id": "ups-a", "name": "String 1"}]}');
CREATE TABLE "lockouts" (
   "scope" TEXT PRIMARY KEY,
   "failures" INTEGER NOT NULL,
   "failed_at" INTEGER NOT NULL
);
CREATE TABLE "samples" (
   "id" INTEGER PRIMARY KEY,
   "at" INTEGER NOT NULL,
   "body" BLOB NOT NULL
);
INSERT INTO "samples" VALUES(1,1795248000000,X'210000001C00000021000000210000001C000000180000003600000028B52FFD2414A1000080808080CACACACA080808080000000000000000DC06B47428B52FFD24147D00004880808080FAF9F8F70001000638022ECCE69528B52FFD2414A10000808080800001020302020202000000000000000027E4B2BC28B52FFD2414A1000080808080E3E3E3E3030303030000000000000000CAED8A7B28B52FFD24147D0000488080808000010203000100063802E2F52C9228B52FFD24145D000028808080800001001DD0025029866028B52FFD24294901008080808000808080806BCBE32E64D70341D30803FBFD000000000000FFFF000000000000FFFF000000D8280D98');
INSERT INTO "samples" VALUES(2,1795248010000,X'1100000000000000000000000000000000000000000000000000000028B52FFD240421000001010101FCA4E86B');
INSERT INTO "samples" VALUES(3,1795248020000,X'1100000000000000000000000000000000000000000000000000000028B52FFD240421000002020202364FA69E');
CREATE TABLE "settings" (
   "key" TEXT PRIMARY KEY,
   "value" TEXT NOT NULL,
   "who" TEXT,
   "at" INTEGER NOT NULL
);
INSERT INTO "settings" VALUES('site_id','"5e6c6b0e-6a4f-4d0e-8f2e-0d6c7c9f4a11"','engine',1795248000000);
CREATE TABLE "tokens" (
   "id" INTEGER PRIMARY KEY,
   "name" TEXT NOT NULL,
   "role" TEXT NOT NULL,
   "sha256" TEXT NOT NULL,
   "created_by" TEXT NOT NULL,
   "created_at" INTEGER NOT NULL,
   "last_used_at" INTEGER,
   "revoked_at" INTEGER,
   "revoked_by" TEXT
);
INSERT INTO "tokens" VALUES(1,'home-assistant','operator','3250120f59cc7d1026f5e7f17b9dabd0aa13889a2b5742253235b6603a89f3ca','test',1795248000000,NULL,NULL,NULL);
CREATE TABLE "users" (
   "id" INTEGER PRIMARY KEY,
   "name" TEXT NOT NULL,
   "role" TEXT NOT NULL,
   "password_hash" TEXT NOT NULL,
   "pin_hash" TEXT,
   "must_change" INTEGER NOT NULL,
   "generation" INTEGER NOT NULL,
   "created_at" INTEGER NOT NULL
);
INSERT INTO "users" VALUES(1,'tessa','technician','scrypt$4$8$1$29vzjYbEQip14yL/nVJi1A==$NKQ7OL4OESlnKeAje7rsJFajAZ39JZBRHxPmMel01iPEZUy08WR2NH6vURef41l5YLweP2BUe4HiF8yfnL3QiQ==',NULL,0,1,1795248000000);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX "idx_events_at"
    ON "events" ("at");
CREATE UNIQUE INDEX "idx_layouts_description"
    ON "layouts" ("description");
CREATE INDEX "idx_keyframes_at"
    ON "keyframes" ("at");
CREATE UNIQUE INDEX "idx_users_name"
    ON "users" ("name");
CREATE UNIQUE INDEX "idx_tokens_sha256"
    ON "tokens" ("sha256");
COMMIT;
