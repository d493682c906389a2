//! What `apply` does, as data: a line per tuple.

use nightowl_core::model::Problems;

/// What becomes of a tuple.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It is new.
    Create,
    /// Its content differs from what is stored.
    Update,
    /// It is stored with this content already.
    Unchanged,
    /// It is no longer in the files (`--prune`).
    Delete,
}

impl Change {
    /// The word in a printed plan.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Unchanged => "unchanged",
            Self::Delete => "delete",
        }
    }
}

/// One tuple of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanItem {
    /// The kind of tuple in words: `topic`, `external writer`, ….
    pub kind: &'static str,
    /// Its id, as it is stored.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its tenant.
    pub tenant_id: String,
    /// What becomes of it.
    pub change: Change,
    /// The keys whose values differ, for an update; never the values.
    pub keys: Vec<String>,
}

/// What `apply` does, in the order in which it does it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The tuples.
    pub items: Vec<PlanItem>,
    /// What was noticed and does not stop it.
    pub warnings: Problems,
}

impl Plan {
    /// How many tuples have this fate.
    pub fn count(&self, change: Change) -> usize {
        self.items.iter().filter(|item| item.change == change).count()
    }

    /// Whether anything is written.
    pub fn changes_anything(&self) -> bool {
        self.items.iter().any(|item| item.change != Change::Unchanged)
    }

    /// The tenants whose definitions are changed, each once.
    pub fn changed_tenants(&self) -> Vec<&str> {
        let mut tenants: Vec<&str> = self.items.iter().filter(|item| item.change != Change::Unchanged).map(|item| item.tenant_id.as_str()).collect();
        tenants.sort_unstable();
        tenants.dedup();
        tenants
    }
}
