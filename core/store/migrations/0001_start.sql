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
	owner_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_access_groups_building_id ON access_groups (building_id) WHERE building_id IS NOT NULL;

CREATE INDEX ix_access_groups_code ON access_groups (code);

CREATE UNIQUE INDEX ix_access_groups_id ON access_groups (id);

CREATE INDEX ix_access_groups_owner_id ON access_groups (owner_id) WHERE owner_id IS NOT NULL;

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
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_accounts_id ON accounts (id);

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
	contact TEXT, 
	call_order TEXT, 
	call_type TEXT, 
	call_mode TEXT, 
	valid_from INTEGER, 
	valid_until INTEGER, 
	delete_members INTEGER, 
	may_qr INTEGER, 
	may_face INTEGER, 
	may_id INTEGER, 
	may_card INTEGER, 
	may_pin INTEGER, 
	member_limit INTEGER, 
	qr_registered INTEGER, 
	qr_renewed_at INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_apartments_building_id ON apartments (building_id);

CREATE UNIQUE INDEX ix_apartments_id ON apartments (id);

CREATE INDEX ix_apartments_number ON apartments (number);

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
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_audit_entries_at ON audit_entries (at);

CREATE INDEX ix_audit_entries_entity ON audit_entries (entity);

CREATE INDEX ix_audit_entries_entity_id ON audit_entries (entity_id);

CREATE UNIQUE INDEX ix_audit_entries_id ON audit_entries (id);

CREATE TABLE buildings (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	name TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_buildings_id ON buildings (id);

CREATE INDEX ix_buildings_scope ON buildings (scope_id);

CREATE INDEX ix_buildings_site_id ON buildings (site_id);

CREATE TABLE cameras (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	name TEXT, 
	address TEXT, 
	user TEXT, 
	password TEXT, 
	building_id TEXT, 
	apartment_id TEXT, 
	owner_id TEXT, 
	device_id TEXT, 
	may_monitor INTEGER, 
	terminals TEXT, 
	made_at INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_cameras_apartment_id ON cameras (apartment_id) WHERE apartment_id IS NOT NULL;

CREATE INDEX ix_cameras_building_id ON cameras (building_id) WHERE building_id IS NOT NULL;

CREATE INDEX ix_cameras_device_id ON cameras (device_id) WHERE device_id IS NOT NULL;

CREATE UNIQUE INDEX ix_cameras_id ON cameras (id);

CREATE INDEX ix_cameras_owner_id ON cameras (owner_id) WHERE owner_id IS NOT NULL;

CREATE INDEX ix_cameras_scope ON cameras (scope_id);

CREATE INDEX ix_cameras_site_id ON cameras (site_id);

CREATE TABLE controller_relays (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	controller_id TEXT, 
	number INTEGER, 
	name TEXT, 
	enabled INTEGER, 
	function TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_controller_relays_controller_id ON controller_relays (controller_id);

CREATE UNIQUE INDEX ix_controller_relays_id ON controller_relays (id);

CREATE INDEX ix_controller_relays_scope ON controller_relays (scope_id);

CREATE TABLE credentials (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	person_id TEXT, 
	kind TEXT, 
	code TEXT, 
	blob TEXT, 
	made_by TEXT, 
	made_at INTEGER, 
	long_term INTEGER, 
	valid_from INTEGER, 
	valid_until INTEGER, 
	uses INTEGER, 
	by_app INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_credentials_code ON credentials (code);

CREATE UNIQUE INDEX ix_credentials_id ON credentials (id);

CREATE INDEX ix_credentials_person_id ON credentials (person_id);

CREATE INDEX ix_credentials_scope ON credentials (scope_id);

CREATE TABLE departments (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	name TEXT, 
	floors TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_departments_id ON departments (id);

CREATE INDEX ix_departments_scope ON departments (scope_id);

CREATE INDEX ix_departments_site_id ON departments (site_id);

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
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_device_logins_id ON device_logins (id);

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
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_device_settings_device_id ON device_settings (device_id);

CREATE UNIQUE INDEX ix_device_settings_id ON device_settings (id);

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
	area_id TEXT, 
	department_id TEXT, 
	network_group INTEGER, 
	contact_display TEXT, 
	owner_id TEXT, 
	stores_video INTEGER, 
	internet INTEGER, 
	static_address TEXT, 
	sip_number TEXT, 
	arming INTEGER, 
	door_sensor TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_devices_apartment_id ON devices (apartment_id) WHERE apartment_id IS NOT NULL;

CREATE INDEX ix_devices_area_id ON devices (area_id) WHERE area_id IS NOT NULL;

CREATE INDEX ix_devices_building_id ON devices (building_id) WHERE building_id IS NOT NULL;

CREATE INDEX ix_devices_department_id ON devices (department_id) WHERE department_id IS NOT NULL;

CREATE UNIQUE INDEX ix_devices_id ON devices (id);

CREATE INDEX ix_devices_mac ON devices (mac);

CREATE INDEX ix_devices_owner_id ON devices (owner_id) WHERE owner_id IS NOT NULL;

CREATE INDEX ix_devices_scope ON devices (scope_id);

CREATE INDEX ix_devices_site_id ON devices (site_id);

CREATE TABLE door_events (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	device_id TEXT, 
	at INTEGER, 
	source TEXT, 
	event TEXT, 
	ref TEXT, 
	device_time TEXT, 
	person_id TEXT, 
	name TEXT, 
	method TEXT, 
	relay TEXT, 
	worked INTEGER, 
	code_tail TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_door_events_at ON door_events (at);

CREATE INDEX ix_door_events_device_id ON door_events (device_id);

CREATE UNIQUE INDEX ix_door_events_id ON door_events (id);

CREATE INDEX ix_door_events_person_id ON door_events (person_id) WHERE person_id IS NOT NULL;

CREATE INDEX ix_door_events_scope ON door_events (scope_id, at);

CREATE TABLE door_shares (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	relay_id TEXT, 
	guest_site TEXT, 
	guest_group TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_door_shares_guest_group ON door_shares (guest_group);

CREATE INDEX ix_door_shares_guest_site ON door_shares (guest_site);

CREATE UNIQUE INDEX ix_door_shares_id ON door_shares (id);

CREATE INDEX ix_door_shares_relay_id ON door_shares (relay_id);

CREATE INDEX ix_door_shares_scope ON door_shares (scope_id);

CREATE INDEX ix_door_shares_site_id ON door_shares (site_id);

CREATE TABLE emergency_doors (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	relay_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_emergency_doors_id ON emergency_doors (id);

CREATE INDEX ix_emergency_doors_relay_id ON emergency_doors (relay_id);

CREATE INDEX ix_emergency_doors_scope ON emergency_doors (scope_id);

CREATE INDEX ix_emergency_doors_site_id ON emergency_doors (site_id);

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
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_firmware_releases_id ON firmware_releases (id);

CREATE INDEX ix_firmware_releases_model ON firmware_releases (model);

CREATE INDEX ix_firmware_releases_scope ON firmware_releases (scope_id);

CREATE INDEX ix_firmware_releases_sha256 ON firmware_releases (sha256);

CREATE TABLE floor_grants (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	person_id TEXT, 
	building_id TEXT, 
	floors TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_floor_grants_building_id ON floor_grants (building_id);

CREATE UNIQUE INDEX ix_floor_grants_id ON floor_grants (id);

CREATE INDEX ix_floor_grants_person_id ON floor_grants (person_id);

CREATE INDEX ix_floor_grants_scope ON floor_grants (scope_id);

CREATE TABLE floor_plans (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	name TEXT, 
	building_id TEXT, 
	floor INTEGER, 
	picture TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_floor_plans_building_id ON floor_plans (building_id) WHERE building_id IS NOT NULL;

CREATE UNIQUE INDEX ix_floor_plans_id ON floor_plans (id);

CREATE INDEX ix_floor_plans_scope ON floor_plans (scope_id);

CREATE INDEX ix_floor_plans_site_id ON floor_plans (site_id);

CREATE TABLE group_doors (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	group_id TEXT, 
	relay_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_group_doors_group_id ON group_doors (group_id);

CREATE UNIQUE INDEX ix_group_doors_id ON group_doors (id);

CREATE INDEX ix_group_doors_relay_id ON group_doors (relay_id);

CREATE INDEX ix_group_doors_scope ON group_doors (scope_id);

CREATE TABLE group_locks (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	group_id TEXT, 
	lock_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_group_locks_group_id ON group_locks (group_id);

CREATE UNIQUE INDEX ix_group_locks_id ON group_locks (id);

CREATE INDEX ix_group_locks_lock_id ON group_locks (lock_id);

CREATE INDEX ix_group_locks_scope ON group_locks (scope_id);

CREATE TABLE group_members (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	group_id TEXT, 
	person_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_group_members_group_id ON group_members (group_id);

CREATE UNIQUE INDEX ix_group_members_id ON group_members (id);

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
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_jobs_id ON jobs (id);

CREATE INDEX ix_jobs_kind ON jobs (kind);

CREATE INDEX ix_jobs_lane ON jobs (lane);

CREATE INDEX ix_jobs_made_at ON jobs (made_at);

CREATE TABLE leases (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	subject TEXT, 
	held TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_leases_id ON leases (id);

CREATE INDEX ix_leases_scope ON leases (scope_id);

CREATE INDEX ix_leases_subject ON leases (subject);

CREATE TABLE lock_codes (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	lock_id TEXT, 
	person TEXT, 
	kind TEXT, 
	mark TEXT, 
	name TEXT, 
	verdict TEXT, 
	said TEXT, 
	at INTEGER, 
	"by" TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_lock_codes_id ON lock_codes (id);

CREATE INDEX ix_lock_codes_lock_id ON lock_codes (lock_id);

CREATE INDEX ix_lock_codes_person ON lock_codes (person);

CREATE INDEX ix_lock_codes_scope ON lock_codes (scope_id);

CREATE TABLE lock_holds (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	lock_id TEXT, 
	group_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_lock_holds_group_id ON lock_holds (group_id);

CREATE UNIQUE INDEX ix_lock_holds_id ON lock_holds (id);

CREATE INDEX ix_lock_holds_lock_id ON lock_holds (lock_id);

CREATE INDEX ix_lock_holds_scope ON lock_holds (scope_id);

CREATE TABLE locks (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	name TEXT, 
	brand TEXT, 
	serial TEXT, 
	gateway TEXT, 
	building_id TEXT, 
	apartment_id TEXT, 
	device_id TEXT, 
	active INTEGER, 
	battery INTEGER, 
	status TEXT, 
	made_at INTEGER, 
	expires_at INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_locks_apartment_id ON locks (apartment_id) WHERE apartment_id IS NOT NULL;

CREATE INDEX ix_locks_building_id ON locks (building_id) WHERE building_id IS NOT NULL;

CREATE INDEX ix_locks_device_id ON locks (device_id) WHERE device_id IS NOT NULL;

CREATE UNIQUE INDEX ix_locks_id ON locks (id);

CREATE INDEX ix_locks_scope ON locks (scope_id);

CREATE INDEX ix_locks_site_id ON locks (site_id);

CREATE TABLE mac_entries (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	mac TEXT, 
	model TEXT, 
	note TEXT, 
	site_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_mac_entries_id ON mac_entries (id);

CREATE INDEX ix_mac_entries_mac ON mac_entries (mac, scope_id, model, note);

CREATE INDEX ix_mac_entries_scope ON mac_entries (scope_id);

CREATE INDEX ix_mac_entries_site_id ON mac_entries (site_id) WHERE site_id IS NOT NULL;

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
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_organisations_id ON organisations (id);

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
	origin TEXT, 
	state TEXT DEFAULT 'pending' NOT NULL, 
	tries INTEGER DEFAULT '0' NOT NULL, 
	last_error TEXT, 
	CHECK (op='create' OR op='patch' OR op='delete' OR op='restore'), 
	CHECK (state='pending' OR state='sent' OR state='blocked'), 
	UNIQUE (mut_id)
);

CREATE INDEX ix_outbox_aside ON outbox (n) WHERE state='blocked';

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
	origin TEXT, 
	done_at INTEGER NOT NULL, 
	PRIMARY KEY (n), 
	UNIQUE (mut_id)
);

CREATE TABLE panel_units (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	panel_id TEXT, 
	name TEXT, 
	kind TEXT, 
	ieee TEXT, 
	status TEXT, 
	seen_at INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_panel_units_id ON panel_units (id);

CREATE INDEX ix_panel_units_panel_id ON panel_units (panel_id);

CREATE INDEX ix_panel_units_scope ON panel_units (scope_id);

CREATE TABLE panels (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	name TEXT, 
	mac TEXT, 
	apartment_id TEXT, 
	model TEXT, 
	made_at INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_panels_apartment_id ON panels (apartment_id) WHERE apartment_id IS NOT NULL;

CREATE UNIQUE INDEX ix_panels_id ON panels (id);

CREATE INDEX ix_panels_mac ON panels (mac);

CREATE INDEX ix_panels_scope ON panels (scope_id);

CREATE INDEX ix_panels_site_id ON panels (site_id);

CREATE TABLE parked_vehicles (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	lot_id TEXT, 
	plate TEXT, 
	since INTEGER, 
	left_at INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_parked_vehicles_id ON parked_vehicles (id);

CREATE INDEX ix_parked_vehicles_lot_id ON parked_vehicles (lot_id);

CREATE INDEX ix_parked_vehicles_plate ON parked_vehicles (plate);

CREATE INDEX ix_parked_vehicles_scope ON parked_vehicles (scope_id);

CREATE TABLE parking_doors (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	lot_id TEXT, 
	relay_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_parking_doors_id ON parking_doors (id);

CREATE INDEX ix_parking_doors_lot_id ON parking_doors (lot_id);

CREATE INDEX ix_parking_doors_relay_id ON parking_doors (relay_id);

CREATE INDEX ix_parking_doors_scope ON parking_doors (scope_id);

CREATE TABLE parking_lots (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	name TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_parking_lots_id ON parking_lots (id);

CREATE INDEX ix_parking_lots_scope ON parking_lots (scope_id);

CREATE INDEX ix_parking_lots_site_id ON parking_lots (site_id);

CREATE TABLE plan_doors (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	plan_id TEXT, 
	relay_id TEXT, 
	x INTEGER, 
	y INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_plan_doors_id ON plan_doors (id);

CREATE INDEX ix_plan_doors_plan_id ON plan_doors (plan_id);

CREATE INDEX ix_plan_doors_relay_id ON plan_doors (relay_id);

CREATE INDEX ix_plan_doors_scope ON plan_doors (scope_id);

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
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_proofs_device_id ON proofs (device_id);

CREATE UNIQUE INDEX ix_proofs_id ON proofs (id);

CREATE INDEX ix_proofs_scope ON proofs (scope_id);

CREATE INDEX ix_proofs_subject ON proofs (subject);

CREATE TABLE public_areas (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	name TEXT, 
	building_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_public_areas_building_id ON public_areas (building_id) WHERE building_id IS NOT NULL;

CREATE UNIQUE INDEX ix_public_areas_id ON public_areas (id);

CREATE INDEX ix_public_areas_scope ON public_areas (scope_id);

CREATE INDEX ix_public_areas_site_id ON public_areas (site_id);

CREATE TABLE recorders (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	name TEXT, 
	brand TEXT, 
	address TEXT, 
	serial TEXT, 
	channels INTEGER, 
	building_id TEXT, 
	apartment_id TEXT, 
	may_watch INTEGER, 
	made_at INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_recorders_apartment_id ON recorders (apartment_id) WHERE apartment_id IS NOT NULL;

CREATE INDEX ix_recorders_building_id ON recorders (building_id) WHERE building_id IS NOT NULL;

CREATE UNIQUE INDEX ix_recorders_id ON recorders (id);

CREATE INDEX ix_recorders_scope ON recorders (scope_id);

CREATE INDEX ix_recorders_site_id ON recorders (site_id);

CREATE TABLE recording (
	id INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	mac TEXT NOT NULL, 
	line TEXT NOT NULL, 
	body BLOB, 
	PRIMARY KEY (id)
);

CREATE INDEX ix_recording_mac ON recording (mac);

CREATE TABLE relay_controllers (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	device_id TEXT, 
	model TEXT, 
	wiring TEXT, 
	address TEXT, 
	port INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_relay_controllers_device_id ON relay_controllers (device_id);

CREATE UNIQUE INDEX ix_relay_controllers_id ON relay_controllers (id);

CREATE INDEX ix_relay_controllers_scope ON relay_controllers (scope_id);

CREATE TABLE relay_schedules (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	relay_id TEXT, 
	group_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_relay_schedules_group_id ON relay_schedules (group_id);

CREATE UNIQUE INDEX ix_relay_schedules_id ON relay_schedules (id);

CREATE INDEX ix_relay_schedules_relay_id ON relay_schedules (relay_id);

CREATE INDEX ix_relay_schedules_scope ON relay_schedules (scope_id);

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
	function TEXT, 
	sensor_input INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_relays_device_id ON relays (device_id);

CREATE UNIQUE INDEX ix_relays_id ON relays (id);

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
	kind TEXT, 
	department_id TEXT, 
	building_id TEXT, 
	calling_code TEXT, 
	country TEXT, 
	phone_1 TEXT, 
	phone_2 TEXT, 
	phone_3 TEXT, 
	uid TEXT, 
	app_registered INTEGER, 
	valid_from INTEGER, 
	identity TEXT, 
	number TEXT, 
	app_enabled INTEGER, 
	call_mode TEXT, 
	call_type TEXT, 
	language TEXT, 
	linked INTEGER, 
	sign_in_renewed_at INTEGER, 
	placed_by_manager INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_residents_apartment_id ON residents (apartment_id) WHERE apartment_id IS NOT NULL;

CREATE INDEX ix_residents_building_id ON residents (building_id) WHERE building_id IS NOT NULL;

CREATE INDEX ix_residents_department_id ON residents (department_id) WHERE department_id IS NOT NULL;

CREATE UNIQUE INDEX ix_residents_id ON residents (id);

CREATE INDEX ix_residents_last_name ON residents (last_name);

CREATE INDEX ix_residents_number ON residents (number);

CREATE INDEX ix_residents_scope ON residents (scope_id);

CREATE INDEX ix_residents_site_id ON residents (site_id);

CREATE INDEX ix_residents_uid ON residents (uid);

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
	wave INTEGER, 
	"end" TEXT, 
	tries INTEGER, 
	retry_at INTEGER, 
	excused INTEGER, 
	wanted_before TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_rollout_targets_device_id ON rollout_targets (device_id);

CREATE UNIQUE INDEX ix_rollout_targets_id ON rollout_targets (id);

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
	starts_at INTEGER, 
	waves TEXT, 
	go_on_pct INTEGER, 
	stop_faults INTEGER, 
	watch_s INTEGER, 
	max_down INTEGER, 
	at_once INTEGER, 
	quiet_hours TEXT, 
	reset_after INTEGER, 
	said TEXT, 
	"by" TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_rollouts_id ON rollouts (id);

CREATE INDEX ix_rollouts_release_id ON rollouts (release_id);

CREATE INDEX ix_rollouts_scope ON rollouts (scope_id);

CREATE INDEX ix_rollouts_site_id ON rollouts (site_id);

CREATE TABLE screen_savers (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	device_id TEXT, 
	mode TEXT, 
	pictures TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_screen_savers_device_id ON screen_savers (device_id);

CREATE UNIQUE INDEX ix_screen_savers_id ON screen_savers (id);

CREATE INDEX ix_screen_savers_scope ON screen_savers (scope_id);

CREATE TABLE shadow (
	entity INTEGER NOT NULL, 
	entity_id TEXT NOT NULL, 
	ver INTEGER NOT NULL, 
	image TEXT, 
	PRIMARY KEY (entity, entity_id)
);

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
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_sightings_id ON sightings (id);

CREATE INDEX ix_sightings_mac ON sightings (mac);

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
	state TEXT, 
	room_name TEXT, 
	email TEXT, 
	calling_code TEXT, 
	mobile TEXT, 
	phone_1 TEXT, 
	phone_2 TEXT, 
	phone_3 TEXT, 
	sip_number TEXT, 
	call_mode TEXT, 
	language TEXT, 
	time_format TEXT, 
	date_format TEXT, 
	plan_until INTEGER, 
	landline_service INTEGER, 
	charge_mode TEXT, 
	expiry_mail INTEGER, 
	renewal_mail INTEGER, 
	video_plan TEXT, 
	video_days INTEGER, 
	video_devices INTEGER, 
	video_sound INTEGER, 
	smart_home INTEGER, 
	with_monitor INTEGER, 
	free_members INTEGER, 
	id_access INTEGER, 
	pm_delete INTEGER, 
	pm_logs INTEGER, 
	pm_captures INTEGER, 
	pm_access TEXT, 
	pm_two_factor INTEGER, 
	pm_video INTEGER, 
	key_days INTEGER, 
	disconnect_mail INTEGER, 
	sim_message INTEGER, 
	motion TEXT, 
	motion_delay_s INTEGER, 
	package_detection INTEGER, 
	dormakaba INTEGER, 
	itec INTEGER, 
	emergency_auto INTEGER, 
	emergency_all INTEGER, 
	emergency_notice INTEGER, 
	office_pin_qr INTEGER, 
	package_notices INTEGER, 
	proof_key TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE UNIQUE INDEX ix_sites_id ON sites (id);

CREATE INDEX ix_sites_org_id ON sites (org_id);

CREATE INDEX ix_sites_scope ON sites (scope_id);

CREATE TABLE smart_locks (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	name TEXT, 
	model TEXT, 
	serial TEXT, 
	building_id TEXT, 
	apartment_id TEXT, 
	added_by TEXT, 
	battery INTEGER, 
	status TEXT, 
	made_at INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_smart_locks_apartment_id ON smart_locks (apartment_id) WHERE apartment_id IS NOT NULL;

CREATE INDEX ix_smart_locks_building_id ON smart_locks (building_id) WHERE building_id IS NOT NULL;

CREATE UNIQUE INDEX ix_smart_locks_id ON smart_locks (id);

CREATE INDEX ix_smart_locks_scope ON smart_locks (scope_id);

CREATE INDEX ix_smart_locks_site_id ON smart_locks (site_id);

CREATE TABLE sync_cursor (
	tenant TEXT NOT NULL, 
	epoch TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	access_seq INTEGER NOT NULL, 
	PRIMARY KEY (tenant)
)
 WITHOUT ROWID;

CREATE TABLE sync_met (
	scope TEXT NOT NULL, 
	entity_id TEXT NOT NULL, 
	PRIMARY KEY (scope, entity_id)
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
	again INTEGER DEFAULT '0' NOT NULL, 
	rows INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (scope), 
	CHECK (state IN ('fill','live','drop'))
)
 WITHOUT ROWID;

CREATE TABLE tasks (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	kind TEXT, 
	device_id TEXT, 
	what TEXT, 
	asked_by TEXT, 
	asked_at INTEGER, 
	held TEXT, 
	verdict TEXT, 
	said TEXT, 
	done_at INTEGER, 
	done_by TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_tasks_device_id ON tasks (device_id) WHERE device_id IS NOT NULL;

CREATE UNIQUE INDEX ix_tasks_id ON tasks (id);

CREATE INDEX ix_tasks_scope ON tasks (scope_id);

CREATE INDEX ix_tasks_site_id ON tasks (site_id);

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

CREATE TABLE turnover_lines (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	turnover_id TEXT, 
	person TEXT, 
	device_id TEXT, 
	name TEXT, 
	device_name TEXT, 
	verdict TEXT, 
	said TEXT, 
	at INTEGER, 
	at_lock INTEGER, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_turnover_lines_device_id ON turnover_lines (device_id);

CREATE UNIQUE INDEX ix_turnover_lines_id ON turnover_lines (id);

CREATE INDEX ix_turnover_lines_person ON turnover_lines (person);

CREATE INDEX ix_turnover_lines_scope ON turnover_lines (scope_id);

CREATE INDEX ix_turnover_lines_turnover_id ON turnover_lines (turnover_id);

CREATE TABLE turnovers (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	site_id TEXT, 
	kind TEXT, 
	title TEXT, 
	due_at INTEGER, 
	made_at INTEGER, 
	made_by TEXT, 
	done_at INTEGER, 
	closed_at INTEGER, 
	apartment_id TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_turnovers_apartment_id ON turnovers (apartment_id) WHERE apartment_id IS NOT NULL;

CREATE INDEX ix_turnovers_due_at ON turnovers (due_at);

CREATE UNIQUE INDEX ix_turnovers_id ON turnovers (id);

CREATE INDEX ix_turnovers_scope ON turnovers (scope_id);

CREATE INDEX ix_turnovers_site_id ON turnovers (site_id);

CREATE TABLE undo_entries (
	row_no INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	scope_id TEXT NOT NULL, 
	ver INTEGER DEFAULT '0' NOT NULL, 
	act TEXT, 
	at INTEGER, 
	who TEXT, 
	site_id TEXT, 
	rows INTEGER, 
	steps TEXT, 
	undone_at INTEGER, 
	said TEXT, 
	part_of TEXT, 
	extra TEXT, 
	flag INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (row_no)
);

CREATE INDEX ix_undo_entries_at ON undo_entries (at);

CREATE UNIQUE INDEX ix_undo_entries_id ON undo_entries (id);

CREATE INDEX ix_undo_entries_part_of ON undo_entries (part_of);

CREATE INDEX ix_undo_entries_site_id ON undo_entries (site_id);

CREATE VIRTUAL TABLE mac_entries_words USING fts5(mac, model, note, content='mac_entries', content_rowid='row_no', tokenize='trigram', detail='none', columnsize=0);

CREATE TRIGGER IF NOT EXISTS mac_entries_words_add AFTER INSERT ON mac_entries BEGIN INSERT INTO mac_entries_words (rowid, mac, model, note) VALUES (new.row_no, new.mac, new.model, new.note); END;

CREATE TRIGGER IF NOT EXISTS mac_entries_words_take AFTER DELETE ON mac_entries BEGIN INSERT INTO mac_entries_words (mac_entries_words, rowid, mac, model, note) VALUES ('delete', old.row_no, old.mac, old.model, old.note); END;

CREATE TRIGGER IF NOT EXISTS mac_entries_words_change AFTER UPDATE OF mac, model, note ON mac_entries WHEN old.mac IS NOT new.mac OR old.model IS NOT new.model OR old.note IS NOT new.note BEGIN INSERT INTO mac_entries_words (mac_entries_words, rowid, mac, model, note) VALUES ('delete', old.row_no, old.mac, old.model, old.note); INSERT INTO mac_entries_words (rowid, mac, model, note) VALUES (new.row_no, new.mac, new.model, new.note); END;
