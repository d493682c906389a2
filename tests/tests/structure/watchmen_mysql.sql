-- A database as Watchmen's rules make it (storage.md 11, 15), written by hand for the test of adoption.
CREATE TABLE tenants (
  tenant_id VARCHAR(50) NOT NULL,
  name VARCHAR(50),
  enable_ai TINYINT(1) DEFAULT 0,
  created_at DATETIME NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at DATETIME NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version BIGINT,
  PRIMARY KEY (tenant_id),
  INDEX (created_at),
  INDEX (created_by),
  INDEX (last_modified_at),
  INDEX (last_modified_by)
);
CREATE TABLE users (
  user_id VARCHAR(50) NOT NULL,
  name VARCHAR(50),
  nickname VARCHAR(50),
  password VARCHAR(255),
  email VARCHAR(100),
  is_active TINYINT(1) NOT NULL,
  group_ids JSON,
  role VARCHAR(20) NOT NULL,
  tenant_id VARCHAR(50) NOT NULL,
  created_at DATETIME NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at DATETIME NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version BIGINT,
  PRIMARY KEY (user_id),
  UNIQUE INDEX (name),
  INDEX (role),
  INDEX (tenant_id),
  INDEX (created_at),
  INDEX (created_by),
  INDEX (last_modified_at),
  INDEX (last_modified_by)
);
CREATE TABLE user_groups (
  user_group_id VARCHAR(50) NOT NULL,
  name VARCHAR(50) NOT NULL,
  description VARCHAR(1024),
  user_ids JSON,
  space_ids JSON,
  objective_ids JSON,
  convergence_ids JSON,
  tenant_id VARCHAR(50) NOT NULL,
  created_at DATETIME NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at DATETIME NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version BIGINT,
  PRIMARY KEY (user_group_id),
  INDEX (name),
  INDEX (tenant_id),
  INDEX (created_at),
  INDEX (created_by),
  INDEX (last_modified_at),
  INDEX (last_modified_by)
);
CREATE TABLE pats (
  pat_id VARCHAR(50) NOT NULL,
  token VARCHAR(255) NOT NULL,
  user_id VARCHAR(50) NOT NULL,
  username VARCHAR(50),
  note VARCHAR(255),
  expired DATETIME,
  permissions JSON,
  created_at DATETIME NOT NULL,
  tenant_id VARCHAR(50) NOT NULL,
  PRIMARY KEY (pat_id),
  INDEX (token),
  INDEX (user_id),
  INDEX (username),
  INDEX (tenant_id)
);
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
  created_at DATETIME NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at DATETIME NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version BIGINT,
  PRIMARY KEY (data_source_id),
  INDEX (data_source_code),
  INDEX (data_source_type),
  INDEX (tenant_id),
  INDEX (created_at),
  INDEX (created_by),
  INDEX (last_modified_at),
  INDEX (last_modified_by)
);
CREATE TABLE external_writers (
  writer_id VARCHAR(50) NOT NULL,
  writer_code VARCHAR(50) NOT NULL,
  name VARCHAR(255),
  type VARCHAR(50) NOT NULL,
  pat VARCHAR(255),
  url VARCHAR(255),
  tenant_id VARCHAR(50) NOT NULL,
  created_at DATETIME NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at DATETIME NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version BIGINT,
  PRIMARY KEY (writer_id),
  INDEX (writer_code),
  INDEX (type),
  UNIQUE INDEX (writer_code, tenant_id),
  INDEX (tenant_id),
  INDEX (created_at),
  INDEX (created_by),
  INDEX (last_modified_at),
  INDEX (last_modified_by)
);
CREATE TABLE key_stores (
  tenant_id VARCHAR(50) NOT NULL,
  key_type VARCHAR(20) NOT NULL,
  params JSON NOT NULL,
  created_at DATETIME NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  PRIMARY KEY (tenant_id, key_type)
);
CREATE TABLE enums (
  enum_id VARCHAR(50) NOT NULL,
  name VARCHAR(50) NOT NULL,
  description VARCHAR(1024),
  parent_enum_id VARCHAR(50),
  tenant_id VARCHAR(50) NOT NULL,
  created_at DATETIME NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at DATETIME NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version BIGINT,
  PRIMARY KEY (enum_id),
  INDEX (name),
  INDEX (tenant_id),
  INDEX (created_at),
  INDEX (created_by),
  INDEX (last_modified_at),
  INDEX (last_modified_by)
);
CREATE TABLE enum_items (
  item_id VARCHAR(50) NOT NULL,
  code VARCHAR(200) NOT NULL,
  label VARCHAR(1000),
  parent_code VARCHAR(50),
  replace_code VARCHAR(50),
  enum_id VARCHAR(50),
  tenant_id VARCHAR(50) NOT NULL,
  PRIMARY KEY (item_id),
  INDEX (code),
  INDEX (enum_id),
  INDEX (tenant_id)
);
CREATE TABLE topics (
  topic_id VARCHAR(50) NOT NULL,
  name VARCHAR(64),
  description VARCHAR(1024),
  type VARCHAR(20) NOT NULL,
  kind VARCHAR(20) NOT NULL,
  data_source_id VARCHAR(50),
  factors JSON,
  tenant_id VARCHAR(50) NOT NULL,
  created_at DATETIME NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at DATETIME NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version BIGINT,
  PRIMARY KEY (topic_id),
  UNIQUE INDEX (name, tenant_id),
  INDEX (name),
  INDEX (type),
  INDEX (kind),
  INDEX (data_source_id),
  INDEX (tenant_id),
  INDEX (created_at),
  INDEX (created_by),
  INDEX (last_modified_at),
  INDEX (last_modified_by)
);
CREATE TABLE pipelines (
  pipeline_id VARCHAR(50) NOT NULL,
  topic_id VARCHAR(50) NOT NULL,
  name VARCHAR(128),
  type VARCHAR(20) NOT NULL,
  prerequisite_enabled TINYINT(1),
  prerequisite_on JSON,
  stages JSON,
  enabled TINYINT(1),
  validated TINYINT(1),
  tenant_id VARCHAR(50) NOT NULL,
  created_at DATETIME NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at DATETIME NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  version BIGINT,
  PRIMARY KEY (pipeline_id),
  INDEX (name),
  INDEX (type),
  INDEX (enabled),
  INDEX (validated),
  INDEX (tenant_id),
  INDEX (created_at),
  INDEX (created_by),
  INDEX (last_modified_at),
  INDEX (last_modified_by)
);
CREATE TABLE snowflake_competitive_workers (
  ip VARCHAR(100),
  process_id VARCHAR(60),
  data_center_id INT,
  worker_id INT,
  registered_at DATETIME NOT NULL,
  last_beat_at DATETIME NOT NULL,
  PRIMARY KEY (data_center_id, worker_id)
);
CREATE TABLE snowflake_workers (
  data_center_id SMALLINT,
  worker_id SMALLINT,
  registered_at DATETIME NOT NULL,
  last_beat_at DATETIME NOT NULL,
  locked TINYINT(1) NOT NULL,
  PRIMARY KEY (data_center_id, worker_id)
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
  created_at DATETIME NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at DATETIME NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  PRIMARY KEY (record_id),
  INDEX (tenant_id),
  INDEX (created_at),
  INDEX (created_by),
  INDEX (last_modified_at),
  INDEX (last_modified_by)
);
CREATE TABLE package_versions (
  version_id VARCHAR(50) NOT NULL,
  previous_version VARCHAR(20) NOT NULL,
  current_version VARCHAR(20) NOT NULL,
  tenant_id VARCHAR(50) NOT NULL,
  created_at DATETIME NOT NULL,
  created_by VARCHAR(50) NOT NULL,
  last_modified_at DATETIME NOT NULL,
  last_modified_by VARCHAR(50) NOT NULL,
  PRIMARY KEY (version_id),
  INDEX (tenant_id),
  INDEX (created_at),
  INDEX (created_by),
  INDEX (last_modified_at),
  INDEX (last_modified_by)
);
CREATE TABLE topic_order_in (
  id_ BIGINT PRIMARY KEY,
  orderno VARCHAR(40),
  data_ JSON,
  tenant_id_ VARCHAR(50),
  insert_time_ DATETIME,
  update_time_ DATETIME,
  UNIQUE INDEX (orderno),
  INDEX (tenant_id_),
  INDEX (insert_time_),
  INDEX (update_time_)
);
CREATE TABLE topic_order_line (
  id_ BIGINT PRIMARY KEY,
  no VARCHAR(40),
  note VARCHAR(50),
  remark TEXT,
  amount BIGINT,
  paid TINYINT,
  day DATETIME,
  extra VARCHAR(10),
  tenant_id_ VARCHAR(50),
  insert_time_ DATETIME,
  update_time_ DATETIME,
  UNIQUE INDEX (no),
  INDEX (note),
  INDEX (tenant_id_),
  INDEX (insert_time_),
  INDEX (update_time_)
);
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
