//! Topics as plans: their columns, indexes and the shape of their rows (storage.md §11).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::PreparationPlan;
use crate::model::{Encryption, Factor, FactorType, Place, Problems, Topic, TopicKind, TopicType};
use crate::value::{DateFormats, Shape};

/// A topic, ready to be used.
#[derive(Debug)]
pub struct TopicPlan {
    /// Its id.
    pub topic_id: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The tenant that owns it.
    pub tenant_id: Arc<str>,
    /// How rows are kept.
    pub topic_type: TopicType,
    /// What it is to the engine.
    pub kind: TopicKind,
    /// Where its rows live, and what is noted of its triggers; `None` is the default store.
    pub data_source_id: Option<Arc<str>>,
    /// The store of objects to which its rows are handed over, where it has one: such a topic is only written, and what is
    /// noted of its triggers lies in the default store (storage.md §18).
    pub archive: Option<Arc<str>>,
    /// The physical table (storage.md §11.1).
    pub table: String,
    /// All columns in physical order (storage.md §11.4): `id_`, factors, `data_`, `aggregate_assist_`, `version_`,
    /// `tenant_id_`, `insert_time_`, `update_time_`.
    pub columns: Vec<Column>,
    /// The indexes of factor groups and of fixed columns (storage.md §11.5).
    pub indexes: Vec<IndexPlan>,
    /// The factors, in the order of the definition.
    pub factors: Vec<FactorPlan>,
    /// How rows are prepared before they are saved.
    pub preparation: PreparationPlan,
    /// The names of a row in memory, one for each column, in the order of the columns.
    pub row_shape: Arc<Shape>,
}

/// A factor, ready to be used.
#[derive(Debug, Clone)]
pub struct FactorPlan {
    /// Its id.
    pub factor_id: Arc<str>,
    /// Its (dotted) name.
    pub name: Arc<str>,
    /// What it holds.
    pub factor_type: FactorType,
    /// Its protection.
    pub encrypt: Encryption,
    /// Its column, by position, where it has one.
    pub column: Option<usize>,
}

/// A column of a topic's table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its physical name.
    pub name: String,
    /// Its name in a row in memory: the factor's name, or the fixed column's.
    pub key: Arc<str>,
    /// What it holds.
    pub kind: ColumnKind,
    /// Which fixed column it is, if it is one.
    pub fixed: Option<FixedColumn>,
    /// The type of its factor, if it has one.
    pub factor_type: Option<FactorType>,
}

/// The columns that every topic of its type has (engine.md §1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FixedColumn {
    /// `id_`
    Id,
    /// `data_`
    Data,
    /// `aggregate_assist_`
    AggregateAssist,
    /// `version_`
    Version,
    /// `tenant_id_`
    TenantId,
    /// `insert_time_`
    InsertTime,
    /// `update_time_`
    UpdateTime,
}

impl FixedColumn {
    /// The name, physical and in memory.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id_",
            Self::Data => "data_",
            Self::AggregateAssist => "aggregate_assist_",
            Self::Version => "version_",
            Self::TenantId => "tenant_id_",
            Self::InsertTime => "insert_time_",
            Self::UpdateTime => "update_time_",
        }
    }

    /// What the column holds.
    pub const fn kind(self) -> ColumnKind {
        match self {
            Self::Id => ColumnKind::Integer { bits: 64 },
            Self::Data | Self::AggregateAssist => ColumnKind::Json,
            Self::Version => ColumnKind::Integer { bits: 32 },
            Self::TenantId => ColumnKind::Text { length: 50 },
            Self::InsertTime | Self::UpdateTime => ColumnKind::DateTime { fraction: false },
        }
    }
}

/// What a column holds, whatever the dialect (storage.md §11.3, by its PostgreSQL column).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// An integer of 16, 32 or 64 bits.
    Integer {
        /// 16, 32 or 64.
        bits: u8,
    },
    /// An exact number: `precision` digits in all, `scale` of them after the point.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// A text of at most `length` characters.
    Text {
        /// Characters.
        length: u32,
    },
    /// A day.
    Date,
    /// A moment; with or without fractions of a second where the dialect tells them apart.
    DateTime {
        /// Whether fractions are wanted (`full-datetime`).
        fraction: bool,
    },
    /// A time of day.
    Time,
    /// True or false, as 1 and 0.
    Boolean,
    /// JSON.
    Json,
}

/// An index of a topic's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexPlan {
    /// Its name before it is shortened to the server's limit.
    pub name: String,
    /// Whether its columns are unique together.
    pub unique: bool,
    /// Its columns by position, `tenant_id_` first for the groups of factors.
    pub columns: Vec<usize>,
}

impl TopicPlan {
    /// Compiles a topic and notes what is wrong with it.
    pub fn compile(topic: &Topic, tenant_id: &str, dates: &DateFormats, problems: &mut Problems) -> Self {
        let place = Place::tuple("topic", &topic.name);
        if topic.table_name().chars().count() > 63 {
            problems.error(
                "definition-name-too-long",
                &place,
                format!("table name \"{}\" has more than 63 characters", topic.table_name()),
                "shorten the topic's name",
            );
        }
        let mut columns = Vec::with_capacity(topic.factors.len() + 7);
        let synonym = topic.kind == TopicKind::Synonym;
        if !synonym {
            columns.push(Column::fixed(FixedColumn::Id));
        }
        let mut factors = Vec::with_capacity(topic.factors.len());
        for factor in &topic.factors {
            let column = has_column(topic, factor).then(|| add_factor_column(factor, &place, &mut columns, problems)).flatten();
            factors.push(FactorPlan {
                factor_id: factor.factor_id.as_str().into(),
                name: factor.name.as_str().into(),
                factor_type: factor.factor_type,
                encrypt: factor.encrypt,
                column,
            });
        }
        if !synonym {
            columns.extend(fixed_columns(topic.topic_type).iter().map(|fixed| Column::fixed(*fixed)));
        }
        let row_shape = Arc::new(Shape::new(columns.iter().map(|column| Arc::clone(&column.key))));
        let mut plan = Self {
            topic_id: topic.topic_id.as_str().into(),
            name: topic.name.as_str().into(),
            tenant_id: tenant_id.into(),
            topic_type: topic.topic_type,
            kind: topic.kind,
            data_source_id: topic.data_source_id.as_deref().map(Into::into),
            archive: None,
            table: topic.table_name(),
            columns,
            indexes: Vec::new(),
            factors,
            preparation: PreparationPlan::compile(topic, dates, problems),
            row_shape,
        };
        plan.indexes = plan.compile_indexes(topic, &place, problems);
        plan
    }

    /// Takes over what the columns of factors really hold. Fixed columns hold the same everywhere.
    pub(super) fn take_real_columns(&mut self, real: &BTreeMap<String, ColumnKind>) {
        for column in self.columns.iter_mut().filter(|column| column.fixed.is_none()) {
            if let Some(kind) = real.get(&column.name) {
                column.kind = *kind;
            }
        }
    }

    /// The position of a fixed column.
    pub fn fixed(&self, fixed: FixedColumn) -> Option<usize> {
        self.columns.iter().position(|column| column.fixed == Some(fixed))
    }

    /// The name of a fixed column, shared with the shape of the topic's rows.
    pub fn key_of(&self, fixed: FixedColumn) -> Option<Arc<str>> {
        self.columns.iter().find(|column| column.fixed == Some(fixed)).map(|column| Arc::clone(&column.key))
    }

    /// A factor by its id.
    pub fn factor(&self, factor_id: &str) -> Option<&FactorPlan> {
        self.factors.iter().find(|factor| &*factor.factor_id == factor_id)
    }

    /// Whether a data source is named for it, one with tables or a store of objects.
    pub const fn has_data_source(&self) -> bool {
        self.data_source_id.is_some() || self.archive.is_some()
    }

    /// Whether rows carry `version_` and `aggregate_assist_`.
    pub fn is_versioned(&self) -> bool {
        self.topic_type.is_aggregation() && self.kind != TopicKind::Synonym
    }

    fn compile_indexes(&self, topic: &Topic, place: &Place, problems: &mut Problems) -> Vec<IndexPlan> {
        let Some(tenant) = self.fixed(FixedColumn::TenantId) else { return Vec::new() };
        let mut groups: Vec<(&str, bool, Vec<usize>)> = Vec::new();
        for (factor, plan) in topic.factors.iter().zip(&self.factors) {
            let Some(group) = &factor.index_group else { continue };
            let Some(column) = plan.column else {
                problems.warning(
                    "definition-index-without-column",
                    &place.key(format!("factor \"{}\"", factor.name)).key("indexGroup"),
                    "the factor has no column, so it can not be indexed",
                    "flatten it, or take the index group away",
                );
                continue;
            };
            match groups.iter_mut().find(|(name, _, _)| *name == group.name) {
                Some((_, _, columns)) => columns.push(column),
                None => groups.push((&group.name, group.unique, vec![tenant, column])),
            }
        }
        let mut indexes = Vec::new();
        for (unique, prefix) in [(true, 'u'), (false, 'i')] {
            for (number, (_, _, columns)) in groups.iter().filter(|group| group.1 == unique).enumerate() {
                indexes.push(IndexPlan { name: format!("{prefix}_{}_{}", self.table, number + 1), unique, columns: columns.clone() });
            }
        }
        for fixed in [FixedColumn::TenantId, FixedColumn::InsertTime, FixedColumn::UpdateTime] {
            if let Some(column) = self.fixed(fixed) {
                indexes.push(IndexPlan { name: format!("i_{}_{}", self.table, fixed.name()), unique: false, columns: vec![column] });
            }
        }
        indexes
    }
}

impl Column {
    fn fixed(fixed: FixedColumn) -> Self {
        Self { name: fixed.name().to_owned(), key: fixed.name().into(), kind: fixed.kind(), fixed: Some(fixed), factor_type: None }
    }
}

/// The fixed columns behind the factors, in physical order.
fn fixed_columns(topic_type: TopicType) -> &'static [FixedColumn] {
    use FixedColumn::{AggregateAssist, Data, InsertTime, TenantId, UpdateTime, Version};
    match topic_type {
        TopicType::Raw => &[Data, TenantId, InsertTime, UpdateTime],
        TopicType::Meta | TopicType::Distinct => &[TenantId, InsertTime, UpdateTime],
        TopicType::Aggregate | TopicType::Time | TopicType::Ratio => &[AggregateAssist, Version, TenantId, InsertTime, UpdateTime],
    }
}

/// Whether a factor is a column of its topic (storage.md §11.2).
fn has_column(topic: &Topic, factor: &Factor) -> bool {
    match topic.topic_type {
        TopicType::Raw if topic.kind != TopicKind::Synonym => factor.flatten,
        _ => !factor.name.contains('.'),
    }
}

/// Adds the column of a factor; two factors of one column are a mistake.
fn add_factor_column(factor: &Factor, place: &Place, columns: &mut Vec<Column>, problems: &mut Problems) -> Option<usize> {
    let place = place.key(format!("factor \"{}\"", factor.name));
    let name = factor.column_name();
    let hidden = ["id_", "data_", "aggregate_assist_", "version_", "tenant_id_", "insert_time_", "update_time_"].contains(&name.as_str());
    if hidden || columns.iter().any(|column| column.name == name) {
        problems.error("definition-column-conflict", &place, format!("column \"{name}\" is there already"), "give the factor another name");
        return None;
    }
    columns.push(Column {
        name,
        key: factor.name.as_str().into(),
        kind: column_kind(factor, &place, problems),
        fixed: None,
        factor_type: Some(factor.factor_type),
    });
    Some(columns.len() - 1)
}

/// The column of a factor type (storage.md §11.3).
fn column_kind(factor: &Factor, place: &Place, problems: &mut Problems) -> ColumnKind {
    use FactorType as F;
    let mut text = |default: u32| ColumnKind::Text { length: adjusted_length(factor, default, place, problems) };
    match factor.factor_type {
        F::Sequence => ColumnKind::Integer { bits: 64 },
        F::Number | F::Unsigned => adjusted_decimal(factor, place, problems),
        F::Text | F::District | F::Road => text(255),
        F::Community | F::Email => text(100),
        F::Phone | F::Mobile | F::Fax => ColumnKind::Text { length: 50 },
        F::IdNo => text(50),
        F::Enum => text(20),
        F::Continent
        | F::Region
        | F::Country
        | F::Province
        | F::City
        | F::ResidenceType
        | F::Gender
        | F::Occupation
        | F::Religion
        | F::Nationality
        | F::BizTrade => text(10),
        F::Address => ColumnKind::Text { length: 1024 },
        F::ResidentialArea => ColumnKind::Decimal { precision: 10, scale: 2 },
        F::BizScale => ColumnKind::Decimal { precision: 9, scale: 0 },
        F::Floor
        | F::Age
        | F::Year
        | F::HalfYear
        | F::Quarter
        | F::Month
        | F::HalfMonth
        | F::TenDays
        | F::WeekOfYear
        | F::WeekOfMonth
        | F::HalfWeek
        | F::DayOfMonth
        | F::DayOfWeek
        | F::DayKind
        | F::Hour
        | F::HourKind
        | F::Minute
        | F::Second
        | F::Millisecond
        | F::AmPm => ColumnKind::Integer { bits: 16 },
        F::DateTime => ColumnKind::DateTime { fraction: false },
        F::FullDateTime => ColumnKind::DateTime { fraction: true },
        F::Date | F::DateOfBirth => ColumnKind::Date,
        F::Time => ColumnKind::Time,
        F::Boolean => ColumnKind::Boolean,
        F::Object | F::Array => ColumnKind::Json,
    }
}

fn adjusted_length(factor: &Factor, default: u32, place: &Place, problems: &mut Problems) -> u32 {
    let Some(precision) = &factor.precision else { return default };
    match precision.trim().parse::<u32>() {
        Ok(length) if (1..=65_535).contains(&length) => length,
        _ => {
            problems.error(
                "definition-precision",
                &place.key("precision"),
                format!("\"{precision}\" is no length"),
                "write a number of characters, for instance 120",
            );
            default
        }
    }
}

fn adjusted_decimal(factor: &Factor, place: &Place, problems: &mut Problems) -> ColumnKind {
    let default = ColumnKind::Decimal { precision: 32, scale: 6 };
    let Some(text) = &factor.precision else { return default };
    let (precision, scale) = text.split_once(',').unwrap_or((text, "0"));
    match (precision.trim().parse::<u8>(), scale.trim().parse::<u8>()) {
        (Ok(precision), Ok(scale)) if (1..=38).contains(&precision) && scale <= precision => ColumnKind::Decimal { precision, scale },
        _ => {
            problems.error(
                "definition-precision",
                &place.key("precision"),
                format!("\"{text}\" is no precision"),
                "write digits and scale of at most 38, for instance 18,2",
            );
            default
        }
    }
}
