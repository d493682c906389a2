-- A database as Watchmen's rules make it (storage.md 11, 15), written by hand for the test of adoption.
CREATE TABLE tenants (
  tenant_id VARCHAR(50) NOT NULL,
  name VARCHAR(50),
  enable_ai SMALLINT DEFAULT 0,
  created_at TIMESTAMP NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at TIMESTAMP NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version DECIMAL(20),
  CONSTRAINT pk_tenants PRIMARY KEY (tenant_id)
);
CREATE INDEX i_tenants_1 ON tenants (created_at);
CREATE INDEX i_tenants_2 ON tenants (created_by);
CREATE INDEX i_tenants_3 ON tenants (last_modified_at);
CREATE INDEX i_tenants_4 ON tenants (last_modified_by);
CREATE TABLE users (
  user_id VARCHAR(50) NOT NULL,
  name VARCHAR(50),
  nickname VARCHAR(50),
  password VARCHAR(255),
  email VARCHAR(100),
  is_active SMALLINT NOT NULL,
  group_ids JSON,
  role VARCHAR(20) NOT NULL,
  tenant_id VARCHAR(50) NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at TIMESTAMP NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version DECIMAL(20),
  CONSTRAINT pk_users PRIMARY KEY (user_id)
);
CREATE UNIQUE INDEX u_users_1 ON users (name);
CREATE INDEX i_users_1 ON users (role);
CREATE INDEX i_users_2 ON users (tenant_id);
CREATE INDEX i_users_3 ON users (created_at);
CREATE INDEX i_users_4 ON users (created_by);
CREATE INDEX i_users_5 ON users (last_modified_at);
CREATE INDEX i_users_6 ON users (last_modified_by);
CREATE TABLE user_groups (
  user_group_id VARCHAR(50) NOT NULL,
  name VARCHAR(50) NOT NULL,
  description VARCHAR(1024),
  user_ids JSON,
  space_ids JSON,
  objective_ids JSON,
  convergence_ids JSON,
  tenant_id VARCHAR(50) NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at TIMESTAMP NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version DECIMAL(20),
  CONSTRAINT pk_user_groups PRIMARY KEY (user_group_id)
);
CREATE INDEX i_user_groups_1 ON user_groups (name);
CREATE INDEX i_user_groups_2 ON user_groups (tenant_id);
CREATE INDEX i_user_groups_3 ON user_groups (created_at);
CREATE INDEX i_user_groups_4 ON user_groups (created_by);
CREATE INDEX i_user_groups_5 ON user_groups (last_modified_at);
CREATE INDEX i_user_groups_6 ON user_groups (last_modified_by);
CREATE TABLE pats (
  pat_id VARCHAR(50) NOT NULL,
  token VARCHAR(255) NOT NULL,
  user_id VARCHAR(50) NOT NULL,
  username VARCHAR(50),
  note VARCHAR(255),
  expired DATE,
  permissions JSON,
  created_at TIMESTAMP NOT NULL,
  tenant_id VARCHAR(50) NOT NULL,
  CONSTRAINT pk_pats PRIMARY KEY (pat_id)
);
CREATE INDEX i_pats_1 ON pats (token);
CREATE INDEX i_pats_2 ON pats (user_id);
CREATE INDEX i_pats_3 ON pats (username);
CREATE INDEX i_pats_4 ON pats (tenant_id);
CREATE TABLE data_sources (
  data_source_id VARCHAR(50) NOT NULL,
  data_source_code VARCHAR(50) NOT NULL,
  data_source_type VARCHAR(20) NOT NULL,
  host VARCHAR(100),
  port VARCHAR(5),
  username VARCHAR(50),
  password VARCHAR(50),
  name VARCHAR(50),
  url VARCHAR(255),
  params JSON,
  tenant_id VARCHAR(50) NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at TIMESTAMP NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version DECIMAL(20),
  CONSTRAINT pk_data_sources PRIMARY KEY (data_source_id)
);
CREATE INDEX i_data_sources_1 ON data_sources (data_source_code);
CREATE INDEX i_data_sources_2 ON data_sources (data_source_type);
CREATE INDEX i_data_sources_3 ON data_sources (tenant_id);
CREATE INDEX i_data_sources_4 ON data_sources (created_at);
CREATE INDEX i_data_sources_5 ON data_sources (created_by);
CREATE INDEX i_data_sources_6 ON data_sources (last_modified_at);
CREATE INDEX i_data_sources_7 ON data_sources (last_modified_by);
CREATE TABLE external_writers (
  writer_id VARCHAR(50) NOT NULL,
  writer_code VARCHAR(50) NOT NULL,
  name VARCHAR(255),
  type VARCHAR(50) NOT NULL,
  pat VARCHAR(255),
  url VARCHAR(255),
  tenant_id VARCHAR(50) NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at TIMESTAMP NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version DECIMAL(20),
  CONSTRAINT pk_external_writers PRIMARY KEY (writer_id)
);
CREATE INDEX i_external_writers_1 ON external_writers (writer_code);
CREATE INDEX i_external_writers_2 ON external_writers (type);
CREATE UNIQUE INDEX u_external_writers_1 ON external_writers (writer_code, tenant_id);
CREATE INDEX i_external_writers_3 ON external_writers (tenant_id);
CREATE INDEX i_external_writers_4 ON external_writers (created_at);
CREATE INDEX i_external_writers_5 ON external_writers (created_by);
CREATE INDEX i_external_writers_6 ON external_writers (last_modified_at);
CREATE INDEX i_external_writers_7 ON external_writers (last_modified_by);
CREATE TABLE key_stores (
  tenant_id VARCHAR(50) NOT NULL,
  key_type VARCHAR(20) NOT NULL,
  params JSON NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  CONSTRAINT pk_key_stores PRIMARY KEY (tenant_id, key_type)
);
CREATE TABLE enums (
  enum_id VARCHAR(50) NOT NULL,
  name VARCHAR(50) NOT NULL,
  description VARCHAR(1024),
  parent_enum_id VARCHAR(50),
  tenant_id VARCHAR(50) NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at TIMESTAMP NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version DECIMAL(20),
  CONSTRAINT pk_enums PRIMARY KEY (enum_id)
);
CREATE INDEX i_enums_1 ON enums (name);
CREATE INDEX i_enums_2 ON enums (tenant_id);
CREATE INDEX i_enums_3 ON enums (created_at);
CREATE INDEX i_enums_4 ON enums (created_by);
CREATE INDEX i_enums_5 ON enums (last_modified_at);
CREATE INDEX i_enums_6 ON enums (last_modified_by);
CREATE TABLE enum_items (
  item_id VARCHAR(50) NOT NULL,
  code VARCHAR(200) NOT NULL,
  label VARCHAR(1000),
  parent_code VARCHAR(50),
  replace_code VARCHAR(50),
  enum_id VARCHAR(50),
  tenant_id VARCHAR(50) NOT NULL,
  CONSTRAINT pk_enum_items PRIMARY KEY (item_id)
);
CREATE INDEX i_enum_items_1 ON enum_items (code);
CREATE INDEX i_enum_items_2 ON enum_items (enum_id);
CREATE INDEX i_enum_items_3 ON enum_items (tenant_id);
CREATE TABLE topics (
  topic_id VARCHAR(50) NOT NULL,
  name VARCHAR(64),
  description VARCHAR(1024),
  type VARCHAR(20) NOT NULL,
  kind VARCHAR(20) NOT NULL,
  data_source_id VARCHAR(50),
  factors JSON,
  tenant_id VARCHAR(50) NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at TIMESTAMP NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version DECIMAL(20),
  CONSTRAINT pk_topics PRIMARY KEY (topic_id)
);
CREATE UNIQUE INDEX u_topics_1 ON topics (name, tenant_id);
CREATE INDEX i_topics_1 ON topics (name);
CREATE INDEX i_topics_2 ON topics (type);
CREATE INDEX i_topics_3 ON topics (kind);
CREATE INDEX i_topics_4 ON topics (data_source_id);
CREATE INDEX i_topics_5 ON topics (tenant_id);
CREATE INDEX i_topics_6 ON topics (created_at);
CREATE INDEX i_topics_7 ON topics (created_by);
CREATE INDEX i_topics_8 ON topics (last_modified_at);
CREATE INDEX i_topics_9 ON topics (last_modified_by);
CREATE TABLE pipelines (
  pipeline_id VARCHAR(50) NOT NULL,
  topic_id VARCHAR(50) NOT NULL,
  name VARCHAR(128),
  type VARCHAR(20) NOT NULL,
  prerequisite_enabled SMALLINT,
  prerequisite_on JSON,
  stages JSON,
  enabled SMALLINT,
  validated SMALLINT,
  tenant_id VARCHAR(50) NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at TIMESTAMP NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version DECIMAL(20),
  CONSTRAINT pk_pipelines PRIMARY KEY (pipeline_id)
);
CREATE INDEX i_pipelines_1 ON pipelines (name);
CREATE INDEX i_pipelines_2 ON pipelines (type);
CREATE INDEX i_pipelines_3 ON pipelines (enabled);
CREATE INDEX i_pipelines_4 ON pipelines (validated);
CREATE INDEX i_pipelines_5 ON pipelines (tenant_id);
CREATE INDEX i_pipelines_6 ON pipelines (created_at);
CREATE INDEX i_pipelines_7 ON pipelines (created_by);
CREATE INDEX i_pipelines_8 ON pipelines (last_modified_at);
CREATE INDEX i_pipelines_9 ON pipelines (last_modified_by);
CREATE TABLE snowflake_competitive_workers (
  ip VARCHAR(100),
  process_id VARCHAR(60),
  data_center_id INTEGER,
  worker_id INTEGER,
  registered_at TIMESTAMP NOT NULL,
  last_beat_at TIMESTAMP NOT NULL,
  CONSTRAINT pk_snowflake_competitive_workers PRIMARY KEY (data_center_id, worker_id)
);
CREATE TABLE snowflake_workers (
  data_center_id SMALLINT,
  worker_id SMALLINT,
  registered_at TIMESTAMP NOT NULL,
  last_beat_at TIMESTAMP NOT NULL,
  locked SMALLINT NOT NULL,
  CONSTRAINT pk_snowflake_workers PRIMARY KEY (data_center_id, worker_id)
);
CREATE TABLE operations (
  record_id VARCHAR(50) NOT NULL,
  operation_type VARCHAR(20) NOT NULL,
  tuple_type VARCHAR(20) NOT NULL,
  tuple_key VARCHAR(20) NOT NULL,
  tuple_id VARCHAR(100) NOT NULL,
  content JSON,
  version_num VARCHAR(50) NOT NULL,
  tenant_id VARCHAR(50) NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at TIMESTAMP NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  CONSTRAINT pk_operations PRIMARY KEY (record_id)
);
CREATE INDEX i_operations_1 ON operations (tenant_id);
CREATE INDEX i_operations_2 ON operations (created_at);
CREATE INDEX i_operations_3 ON operations (created_by);
CREATE INDEX i_operations_4 ON operations (last_modified_at);
CREATE INDEX i_operations_5 ON operations (last_modified_by);
CREATE TABLE package_versions (
  version_id VARCHAR(50) NOT NULL,
  previous_version VARCHAR(20) NOT NULL,
  current_version VARCHAR(20) NOT NULL,
  tenant_id VARCHAR(50) NOT NULL,
  created_at TIMESTAMP NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at TIMESTAMP NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  CONSTRAINT pk_package_versions PRIMARY KEY (version_id)
);
CREATE INDEX i_package_versions_1 ON package_versions (tenant_id);
CREATE INDEX i_package_versions_2 ON package_versions (created_at);
CREATE INDEX i_package_versions_3 ON package_versions (created_by);
CREATE INDEX i_package_versions_4 ON package_versions (last_modified_at);
CREATE INDEX i_package_versions_5 ON package_versions (last_modified_by);
CREATE TABLE topic_order_in (
  id_ BIGINT,
  orderno VARCHAR(40),
  data_ JSON,
  tenant_id_ VARCHAR(50),
  insert_time_ TIMESTAMP,
  update_time_ TIMESTAMP,
  CONSTRAINT pk_topic_order_in PRIMARY KEY (id_)
);
CREATE UNIQUE INDEX u_topic_order_in_1 ON topic_order_in (orderno);
CREATE INDEX i_topic_order_in_tenant_id_ ON topic_order_in (tenant_id_);
CREATE INDEX i_topic_order_in_insert_time_ ON topic_order_in (insert_time_);
CREATE INDEX i_topic_order_in_update_time_ ON topic_order_in (update_time_);
CREATE TABLE topic_order_line (
  id_ BIGINT,
  no VARCHAR(40),
  note VARCHAR(50),
  remark TEXT,
  amount BIGINT,
  paid SMALLINT,
  day TIMESTAMP,
  extra VARCHAR(10),
  tenant_id_ VARCHAR(50),
  insert_time_ TIMESTAMP,
  update_time_ TIMESTAMP,
  CONSTRAINT pk_topic_order_line PRIMARY KEY (id_)
);
CREATE UNIQUE INDEX u_topic_order_line_1 ON topic_order_line (no);
CREATE INDEX i_topic_order_line_1 ON topic_order_line (note);
CREATE INDEX i_topic_order_line_tenant_id_ ON topic_order_line (tenant_id_);
CREATE INDEX i_topic_order_line_insert_time_ ON topic_order_line (insert_time_);
CREATE INDEX i_topic_order_line_update_time_ ON topic_order_line (update_time_);
INSERT INTO tenants VALUES ('1', 'IMMA', 0, '2024-01-02 03:04:05', '1', '2024-01-02 03:04:05', '1', 1);
INSERT INTO users VALUES ('1', 'imma-super', 'super', 'x', NULL, 1, '[]', 'superadmin', '-1', '2024-01-02 03:04:05', '1', '2024-01-02 03:04:05', '1', 1);
INSERT INTO users VALUES ('2', 'imma-admin', 'admin', 'x', NULL, 1, '[]', 'admin', '1', '2024-01-02 03:04:05', '1', '2024-01-02 03:04:05', '1', 1);
INSERT INTO package_versions VALUES ('1', '50.0.0', '50.0.0', '1', '2024-01-02 03:04:05', '1', '2024-01-02 03:04:05', '1');
INSERT INTO topics VALUES ('11', 'order_in', NULL, 'raw', 'business', NULL, '[{"factorId": "111", "name": "orderNo", "type": "text", "flatten": true, "indexGroup": "u-1", "precision": "40"}, {"factorId": "112", "name": "note", "type": "text"}, {"factorId": "113", "name": "remark", "type": "text"}, {"factorId": "114", "name": "amount", "type": "number"}]', '1', '2024-01-02 03:04:05', '1', '2024-01-02 03:04:05', '1', 1);
INSERT INTO topics VALUES ('12', 'order_line', NULL, 'distinct', 'business', NULL, '[{"factorId": "121", "name": "no", "type": "text", "indexGroup": "u-1", "precision": "40"}, {"factorId": "122", "name": "note", "type": "text", "indexGroup": "i-1"}, {"factorId": "123", "name": "remark", "type": "text"}, {"factorId": "124", "name": "amount", "type": "number"}, {"factorId": "125", "name": "paid", "type": "boolean"}, {"factorId": "126", "name": "day", "type": "date"}]', '1', '2024-01-02 03:04:05', '1', '2024-01-02 03:04:05', '1', 1);
INSERT INTO pipelines VALUES ('21', '11', 'lines', 'insert', 0, NULL, '[{"stageId": "s", "units": [{"unitId": "u", "do": [{"actionId": "a", "type": "insert-or-merge-row", "topicId": "12", "by": {"jointType": "and", "filters": [{"left": {"kind": "topic", "topicId": "12", "factorId": "121"}, "operator": "equals", "right": {"kind": "topic", "topicId": "11", "factorId": "111"}}]}, "mapping": [{"factorId": "121", "source": {"kind": "topic", "topicId": "11", "factorId": "111"}}, {"factorId": "122", "source": {"kind": "topic", "topicId": "11", "factorId": "112"}}, {"factorId": "123", "source": {"kind": "topic", "topicId": "11", "factorId": "113"}}, {"factorId": "124", "source": {"kind": "topic", "topicId": "11", "factorId": "114"}, "arithmetic": "sum"}, {"factorId": "125", "source": {"kind": "constant", "value": "true"}}, {"factorId": "126", "source": {"kind": "constant", "value": "2024-05-06"}}]}]}]}]', 1, 1, '1', '2024-01-02 03:04:05', '1', '2024-01-02 03:04:05', '1', 1);
INSERT INTO snowflake_workers VALUES (0, 0, '1970-01-01 00:00:00', '1970-01-01 00:00:00', 0), (0, 1, '1970-01-01 00:00:00', '1970-01-01 00:00:00', 0), (0, 2, '1970-01-01 00:00:00', '1970-01-01 00:00:00', 0), (0, 3, '1970-01-01 00:00:00', '1970-01-01 00:00:00', 0), (0, 4, '1970-01-01 00:00:00', '1970-01-01 00:00:00', 0), (0, 5, '1970-01-01 00:00:00', '1970-01-01 00:00:00', 0), (0, 6, '1970-01-01 00:00:00', '1970-01-01 00:00:00', 0), (0, 7, '1970-01-01 00:00:00', '1970-01-01 00:00:00', 0);
INSERT INTO topic_order_in VALUES (1001, 'A-1', '{"orderNo": "A-1", "amount": 5}', '1', '2024-01-02 03:04:05', '2024-01-02 03:04:05');
INSERT INTO topic_order_line VALUES (2001, 'A-1', 'first', NULL, 5, 0, '2024-01-02 03:04:05', 'kept', '1', '2024-01-02 03:04:05', '2024-01-02 03:04:05');
