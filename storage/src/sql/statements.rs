//! The texts of a topic's statements, rendered once for each plan, so that they stay prepared.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use nightowl_core::compile::{ColumnKind, FixedColumn, TopicPlan};
use nightowl_core::value::Shape;

use super::bulk::{BulkTable, BulkTexts};
use super::{Dialect, JournalTables};

/// How many plans are remembered before all are forgotten; a catalog has far fewer.
const REMEMBERED_PLANS: usize = 4_096;

/// The statements of one plan.
#[derive(Debug)]
pub struct PlanStatements {
    /// The table in quotes.
    pub table: String,
    /// The columns in quotes, in their order.
    pub columns: Vec<String>,
    /// What the columns hold, in their order.
    pub kinds: Vec<ColumnKind>,
    /// `INSERT` of one row, all columns.
    pub insert: String,
    /// `SELECT` of all columns, up to and including the table.
    pub select: String,
    /// `UPDATE` of all columns but `id_` and `tenant_id_`, which are its last two values.
    pub update: String,
    /// `DELETE` by `id_` and `tenant_id_`.
    pub delete: String,
    /// The same update while `version_` is still the last value.
    pub update_versioned: String,
    /// The same deletion while `version_` is still the last value.
    pub delete_versioned: String,
    /// The order of rows: by `id_`; empty for synonyms.
    pub order: String,
    /// The table without its quotes.
    pub name: String,
    /// How many rows are written at once.
    pub bulk: Arc<BulkTable>,
    /// The positions of columns that a unique index has.
    pub unique: Vec<usize>,
    /// Whether texts are equal only where their characters are; asked once.
    pub exact_texts: OnceLock<bool>,
    /// The position of `id_`.
    pub id: Option<usize>,
    /// The position of `tenant_id_`.
    pub tenant: Option<usize>,
    /// Keeps the shape's address from being used again while this is remembered.
    shape: Arc<Shape>,
}

impl PlanStatements {
    fn render(plan: &TopicPlan, dialect: &dyn Dialect) -> Self {
        let table = dialect.quoted(&plan.table);
        let columns: Vec<String> = plan.columns.iter().map(|column| dialect.quoted(&column.name)).collect();
        let (id, tenant) = (plan.fixed(FixedColumn::Id), plan.fixed(FixedColumn::TenantId));
        let list = columns.join(", ");
        let placeholders = vec!["?"; columns.len()].join(", ");
        let (id_name, tenant_name) = (dialect.quoted(FixedColumn::Id.name()), dialect.quoted(FixedColumn::TenantId.name()));
        let set: Vec<String> = columns
            .iter()
            .enumerate()
            .filter(|(position, _)| Some(*position) != id && Some(*position) != tenant)
            .map(|(_, column)| format!("{column} = ?"))
            .collect();
        let update = format!("UPDATE {table} SET {} WHERE {id_name} = ? AND {tenant_name} = ?", set.join(", "));
        let delete = format!("DELETE FROM {table} WHERE {id_name} = ? AND {tenant_name} = ?");
        let version = format!(" AND {} = ?", dialect.quoted(FixedColumn::Version.name()));
        let kinds: Vec<ColumnKind> = plan.columns.iter().map(|column| column.kind).collect();
        let bulk = BulkTable {
            table: table.clone(),
            columns: columns.clone(),
            kinds: kinds.clone(),
            id,
            tenant,
            version: plan.fixed(FixedColumn::Version),
            texts: BulkTexts::default(),
        };
        let unique = (0..plan.columns.len()).filter(|position| plan.indexes.iter().any(|index| index.unique && index.columns.contains(position)));
        Self {
            name: plan.table.clone(),
            bulk: Arc::new(bulk.rendered(dialect)),
            unique: unique.collect(),
            exact_texts: OnceLock::new(),
            insert: format!("INSERT INTO {table} ({list}) VALUES ({placeholders})"),
            select: format!("SELECT {list} FROM {table}"),
            update_versioned: format!("{update}{version}"),
            delete_versioned: format!("{delete}{version}"),
            update,
            delete,
            order: if id.is_some() { format!(" ORDER BY {id_name}") } else { String::new() },
            kinds,
            table,
            columns,
            id,
            tenant,
            shape: Arc::clone(&plan.row_shape),
        }
    }
}

/// The statements of the plans that were used, by the identity of the plan's shape: each compiled plan has its own.
#[derive(Debug, Default)]
pub struct Statements {
    by_plan: Mutex<BTreeMap<usize, Arc<PlanStatements>>>,
    journal: OnceLock<JournalTables>,
}

impl Statements {
    /// Nothing remembered yet.
    pub const fn new() -> Self {
        Self { by_plan: Mutex::new(BTreeMap::new()), journal: OnceLock::new() }
    }

    /// The tables that a group writes beside those of topics.
    pub fn journal(&self, dialect: &dyn Dialect) -> &JournalTables {
        self.journal.get_or_init(|| JournalTables::rendered(dialect))
    }

    /// The statements of a plan.
    pub fn of(&self, plan: &TopicPlan, dialect: &dyn Dialect) -> Arc<PlanStatements> {
        let key = Arc::as_ptr(&plan.row_shape).addr();
        let mut by_plan = self.by_plan.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = by_plan.get(&key) {
            debug_assert!(Arc::ptr_eq(&found.shape, &plan.row_shape), "a remembered shape lives as long as its statements");
            return Arc::clone(found);
        }
        if by_plan.len() >= REMEMBERED_PLANS {
            by_plan.clear();
        }
        let rendered = Arc::new(PlanStatements::render(plan, dialect));
        by_plan.insert(key, Arc::clone(&rendered));
        rendered
    }
}
