-- The mirror's tables as declared. Made by tools/schema.py.

CREATE TABLE access_groups (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	name TEXT, 
	code INTEGER, 
	building_id TEXT, 
	repeat TEXT, 
	days TEXT, 
	from_time TEXT, 
	to_time TEXT, 
	from_day TEXT, 
	to_day TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_access_groups_building_id ON access_groups (building_id);

CREATE INDEX ix_access_groups_code ON access_groups (code);

CREATE INDEX ix_access_groups_scope ON access_groups (scope_id);

CREATE INDEX ix_access_groups_site_id ON access_groups (site_id);

CREATE TABLE accounts (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	org_id TEXT, 
	user_name TEXT, 
	full_name TEXT, 
	role TEXT, 
	email TEXT, 
	active INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_accounts_org_id ON accounts (org_id);

CREATE INDEX ix_accounts_scope ON accounts (scope_id);

CREATE INDEX ix_accounts_user_name ON accounts (user_name);

CREATE TABLE apartments (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	building_id TEXT, 
	number TEXT, 
	name TEXT, 
	floor INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_apartments_building_id ON apartments (building_id);

CREATE INDEX ix_apartments_scope ON apartments (scope_id);

CREATE INDEX ix_apartments_site_id ON apartments (site_id);

CREATE TABLE audit_entries (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	at INTEGER, 
	who TEXT, 
	act TEXT, 
	entity TEXT, 
	entity_id TEXT, 
	op TEXT, 
	title TEXT, 
	changes TEXT, 
	chain TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_audit_entries_at ON audit_entries (at);

CREATE INDEX ix_audit_entries_entity ON audit_entries (entity);

CREATE INDEX ix_audit_entries_entity_id ON audit_entries (entity_id);

CREATE INDEX ix_audit_entries_scope ON audit_entries (scope_id);

CREATE TABLE buildings (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	name TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_buildings_scope ON buildings (scope_id);

CREATE INDEX ix_buildings_site_id ON buildings (site_id);

CREATE TABLE credentials (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	person_id TEXT, 
	kind TEXT, 
	code TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_credentials_code ON credentials (code);

CREATE INDEX ix_credentials_person_id ON credentials (person_id);

CREATE INDEX ix_credentials_scope ON credentials (scope_id);

CREATE TABLE device_logins (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	user TEXT, 
	password TEXT, 
	mac TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_device_logins_mac ON device_logins (mac);

CREATE INDEX ix_device_logins_scope ON device_logins (scope_id);

CREATE TABLE device_settings (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	device_id TEXT, 
	"key" TEXT, 
	value TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_device_settings_device_id ON device_settings (device_id);

CREATE INDEX ix_device_settings_scope ON device_settings (scope_id);

CREATE TABLE devices (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	mac TEXT, 
	name TEXT, 
	kind TEXT, 
	building_id TEXT, 
	apartment_id TEXT, 
	model TEXT, 
	state TEXT, 
	wanted_firmware TEXT, 
	address TEXT, 
	firmware TEXT, 
	hardware TEXT, 
	seen_at INTEGER, 
	may_monitor INTEGER, 
	may_call INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_devices_apartment_id ON devices (apartment_id);

CREATE INDEX ix_devices_building_id ON devices (building_id);

CREATE INDEX ix_devices_mac ON devices (mac);

CREATE INDEX ix_devices_scope ON devices (scope_id);

CREATE INDEX ix_devices_site_id ON devices (site_id);

CREATE TABLE firmware_releases (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	model TEXT, 
	version TEXT, 
	sha256 TEXT, 
	md5 TEXT, 
	size INTEGER, 
	file_name TEXT, 
	notes TEXT, 
	created_at INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_firmware_releases_model ON firmware_releases (model);

CREATE INDEX ix_firmware_releases_scope ON firmware_releases (scope_id);

CREATE INDEX ix_firmware_releases_sha256 ON firmware_releases (sha256);

CREATE TABLE group_doors (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	group_id TEXT, 
	relay_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_group_doors_group_id ON group_doors (group_id);

CREATE INDEX ix_group_doors_relay_id ON group_doors (relay_id);

CREATE INDEX ix_group_doors_scope ON group_doors (scope_id);

CREATE TABLE group_members (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	group_id TEXT, 
	person_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_group_members_group_id ON group_members (group_id);

CREATE INDEX ix_group_members_person_id ON group_members (person_id);

CREATE INDEX ix_group_members_scope ON group_members (scope_id);

CREATE TABLE jobs (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	kind TEXT, 
	lane TEXT, 
	title TEXT, 
	state TEXT, 
	inputs TEXT, 
	stage TEXT, 
	journal TEXT, 
	done INTEGER, 
	total INTEGER, 
	said TEXT, 
	stoppable INTEGER, 
	made_at INTEGER, 
	ended_at INTEGER, 
	result TEXT, 
	"key" TEXT, 
	network TEXT, 
	tries INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_jobs_kind ON jobs (kind);

CREATE INDEX ix_jobs_lane ON jobs (lane);

CREATE INDEX ix_jobs_made_at ON jobs (made_at);

CREATE INDEX ix_jobs_scope ON jobs (scope_id);

CREATE TABLE mac_entries (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	mac TEXT, 
	model TEXT, 
	note TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_mac_entries_mac ON mac_entries (mac);

CREATE INDEX ix_mac_entries_scope ON mac_entries (scope_id);

CREATE TABLE organisations (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	name TEXT, 
	kind TEXT, 
	parent_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_organisations_scope ON organisations (scope_id);

CREATE TABLE outbox (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	mut_id TEXT NOT NULL, 
	grp TEXT, 
	entity INTEGER NOT NULL, 
	entity_id TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	op TEXT NOT NULL, 
	base_ver INTEGER NOT NULL, 
	fields TEXT NOT NULL, 
	old TEXT NOT NULL, 
	needs INTEGER, 
	supersedes TEXT, 
	label TEXT NOT NULL, 
	made_at INTEGER NOT NULL, 
	schema INTEGER NOT NULL, 
	state TEXT DEFAULT 'pending' NOT NULL, 
	tries INTEGER DEFAULT '0' NOT NULL, 
	last_error TEXT, 
	CHECK (op IN ('create','patch','delete','restore')), 
	CHECK (state IN ('pending','sent','blocked')), 
	UNIQUE (mut_id)
);

CREATE INDEX ix_outbox_row ON outbox (entity_id, entity);

CREATE TABLE outbox_done (
	n INTEGER NOT NULL, 
	mut_id TEXT NOT NULL, 
	grp TEXT, 
	entity INTEGER NOT NULL, 
	entity_id TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	op TEXT NOT NULL, 
	base_ver INTEGER NOT NULL, 
	fields TEXT NOT NULL, 
	old TEXT NOT NULL, 
	needs INTEGER, 
	supersedes TEXT, 
	label TEXT NOT NULL, 
	made_at INTEGER NOT NULL, 
	schema INTEGER NOT NULL, 
	done_at INTEGER NOT NULL, 
	PRIMARY KEY (n), 
	UNIQUE (mut_id)
);

CREATE TABLE proofs (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	device_id TEXT, 
	kind TEXT, 
	subject TEXT, 
	title TEXT, 
	verdict TEXT, 
	wanted TEXT, 
	said TEXT, 
	at INTEGER, 
	"by" TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_proofs_device_id ON proofs (device_id);

CREATE INDEX ix_proofs_scope ON proofs (scope_id);

CREATE INDEX ix_proofs_subject ON proofs (subject);

CREATE TABLE recording (
	id INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	mac TEXT NOT NULL, 
	line TEXT NOT NULL, 
	body BLOB, 
	PRIMARY KEY (id)
);

CREATE INDEX ix_recording_mac ON recording (mac);

CREATE TABLE relays (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	device_id TEXT, 
	number INTEGER, 
	name TEXT, 
	enabled INTEGER, 
	dtmf TEXT, 
	hold_s INTEGER, 
	methods TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_relays_device_id ON relays (device_id);

CREATE INDEX ix_relays_scope ON relays (scope_id);

CREATE TABLE residents (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	apartment_id TEXT, 
	first_name TEXT, 
	last_name TEXT, 
	account_type TEXT, 
	email TEXT, 
	mobile TEXT, 
	remark TEXT, 
	state TEXT, 
	valid_until INTEGER, 
	floors TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_residents_apartment_id ON residents (apartment_id);

CREATE INDEX ix_residents_last_name ON residents (last_name);

CREATE INDEX ix_residents_scope ON residents (scope_id);

CREATE INDEX ix_residents_site_id ON residents (site_id);

CREATE TABLE rollout_targets (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	rollout_id TEXT, 
	device_id TEXT, 
	"before" TEXT, 
	"after" TEXT, 
	verdict TEXT, 
	said TEXT, 
	at INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_rollout_targets_device_id ON rollout_targets (device_id);

CREATE INDEX ix_rollout_targets_rollout_id ON rollout_targets (rollout_id);

CREATE INDEX ix_rollout_targets_scope ON rollout_targets (scope_id);

CREATE TABLE rollouts (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	release_id TEXT, 
	name TEXT, 
	state TEXT, 
	created_at INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_rollouts_release_id ON rollouts (release_id);

CREATE INDEX ix_rollouts_scope ON rollouts (scope_id);

CREATE INDEX ix_rollouts_site_id ON rollouts (site_id);

CREATE TABLE shadow (
	entity INTEGER NOT NULL, 
	entity_id TEXT NOT NULL, 
	ver INTEGER NOT NULL, 
	image TEXT, 
	PRIMARY KEY (entity, entity_id)
)
 WITHOUT ROWID;

CREATE TABLE sightings (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	url TEXT, 
	mac TEXT, 
	model TEXT, 
	firmware TEXT, 
	hardware TEXT, 
	access TEXT, 
	reason TEXT, 
	methods TEXT, 
	seen_at INTEGER, 
	gone INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_sightings_mac ON sightings (mac);

CREATE INDEX ix_sightings_scope ON sightings (scope_id);

CREATE INDEX ix_sightings_url ON sightings (url);

CREATE TABLE sites (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	org_id TEXT, 
	name TEXT, 
	kind TEXT, 
	time_zone TEXT, 
	street TEXT, 
	city TEXT, 
	post_code TEXT, 
	country TEXT, 
	"plan" TEXT, 
	pin_mode TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no), 
	UNIQUE (id)
);

CREATE INDEX ix_sites_org_id ON sites (org_id);

CREATE INDEX ix_sites_scope ON sites (scope_id);

CREATE TABLE sync_cursor (
	tenant TEXT NOT NULL, 
	epoch TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	access_seq INTEGER NOT NULL, 
	PRIMARY KEY (tenant)
)
 WITHOUT ROWID;

CREATE TABLE sync_meta (
	k TEXT NOT NULL, 
	v TEXT, 
	PRIMARY KEY (k)
)
 WITHOUT ROWID;

CREATE TABLE sync_scope (
	scope TEXT NOT NULL, 
	tenant TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	label TEXT NOT NULL, 
	state TEXT NOT NULL, 
	gen INTEGER NOT NULL, 
	fill_seq INTEGER DEFAULT '0' NOT NULL, 
	fill_to INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (scope), 
	CHECK (state IN ('fill','live','drop'))
)
 WITHOUT ROWID;

CREATE TABLE tray (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	mut_id TEXT NOT NULL, 
	n INTEGER NOT NULL, 
	entity INTEGER NOT NULL, 
	entity_id TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	op TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	code TEXT NOT NULL, 
	message TEXT NOT NULL, 
	field TEXT DEFAULT '' NOT NULL, 
	mine TEXT NOT NULL, 
	theirs TEXT, 
	base TEXT, 
	their_name TEXT, 
	label TEXT NOT NULL, 
	context TEXT NOT NULL, 
	at INTEGER NOT NULL, 
	resolved_at INTEGER, 
	resolution TEXT, 
	resolved_by TEXT, 
	CHECK (kind IN ('refused','conflict','scope_lost','gone','too_old')), 
	UNIQUE (mut_id)
);
