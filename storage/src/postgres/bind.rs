//! Bound values in the type that the server wants at their place, which it tells when a statement is prepared. So a
//! statement's text is prepared once, whatever is null in it.

use chrono::NaiveTime;
use nightowl_core::port::StoreError;
use nightowl_core::value::Decimal;
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, PgTypeKind, Postgres};
use sqlx::{Type, TypeInfo as _};

use super::numeric;
use crate::sql::{SqlValue, convert};

/// A value on its way to a place of a known type.
pub(super) struct Bound<'a> {
    value: &'a SqlValue,
    wanted: &'a PgTypeInfo,
}

/// A value can not be sent as the type at its place.
#[derive(Debug, thiserror::Error)]
#[error("a value does not fit the type {wanted}")]
pub(super) struct Unfit {
    wanted: String,
}

impl Unfit {
    /// The error of a statement with such a value.
    pub(super) fn storable(&self) -> StoreError {
        StoreError::ValueNotStorable { factor: String::new(), reason: self.to_string() }
    }
}

impl<'a> Bound<'a> {
    /// The value, to be sent as `wanted`.
    pub(super) const fn new(value: &'a SqlValue, wanted: &'a PgTypeInfo) -> Self {
        Self { value, wanted }
    }

    fn write(&self, buffer: &mut PgArgumentBuffer) -> Result<Option<()>, BoxDynError> {
        if let SqlValue::List(values) = self.value {
            return self.array(values, buffer);
        }
        let wanted = self.wanted.name();
        match (wanted, self.value) {
            ("INT2", SqlValue::Integer(number)) => buffer.extend_from_slice(&i16::try_from(*number)?.to_be_bytes()),
            ("INT4", SqlValue::Integer(number)) => buffer.extend_from_slice(&i32::try_from(*number)?.to_be_bytes()),
            ("INT8", SqlValue::Integer(number)) => buffer.extend_from_slice(&number.to_be_bytes()),
            ("BOOL", SqlValue::Integer(number)) => buffer.push(u8::from(*number != 0)),
            ("NUMERIC", SqlValue::Integer(number)) => self.numeric(&Decimal::from(*number), 0, buffer),
            ("NUMERIC", SqlValue::Decimal(number, scale)) => self.numeric(number, *scale, buffer),
            ("INT2" | "INT4" | "INT8", SqlValue::Decimal(number, _)) => {
                let Some(integer) = convert::integer(number) else { return Ok(None) };
                return Bound::new(&SqlValue::Integer(integer), self.wanted).write(buffer);
            }
            ("FLOAT4", SqlValue::Integer(_) | SqlValue::Decimal(..)) => {
                buffer.extend_from_slice(&convert::to_text(self.value).parse::<f32>()?.to_be_bytes());
            }
            ("FLOAT8", SqlValue::Integer(_) | SqlValue::Decimal(..)) => {
                buffer.extend_from_slice(&convert::to_text(self.value).parse::<f64>()?.to_be_bytes());
            }
            ("DATE", SqlValue::Date(day)) => return encoded(*day, buffer),
            ("DATE", SqlValue::DateTime(moment)) => return encoded(moment.date(), buffer),
            ("TIMESTAMP", SqlValue::DateTime(moment)) => return encoded(*moment, buffer),
            ("TIMESTAMP", SqlValue::Date(day)) => return encoded(day.and_time(NaiveTime::MIN), buffer),
            ("TIMESTAMPTZ", SqlValue::DateTime(moment)) => return encoded(moment.and_utc(), buffer),
            ("TIME", SqlValue::Time(time)) => return encoded(*time, buffer),
            ("JSONB", SqlValue::Json(text)) => {
                buffer.push(1);
                buffer.extend_from_slice(text.as_bytes());
            }
            ("JSON" | "TEXT" | "VARCHAR", SqlValue::Json(text)) => buffer.extend_from_slice(text.as_bytes()),
            ("TEXT" | "VARCHAR" | "CHAR" | "BPCHAR" | "NAME" | "UNKNOWN" | "JSON", SqlValue::Text(text)) => buffer.extend_from_slice(text.as_bytes()),
            ("TEXT" | "VARCHAR", value) => buffer.extend_from_slice(convert::to_text(value).as_bytes()),
            _ => return Ok(None),
        }
        Ok(Some(()))
    }

    /// An array of one dimension: how many dimensions, whether one of its values is null, the type, how many, from where.
    fn array(&self, values: &[SqlValue], buffer: &mut PgArgumentBuffer) -> Result<Option<()>, BoxDynError> {
        let PgTypeKind::Array(element) = self.wanted.kind() else { return Ok(None) };
        let Some(oid) = element.oid() else { return Ok(None) };
        let has_null = values.contains(&SqlValue::Null);
        buffer.extend_from_slice(&1_i32.to_be_bytes());
        buffer.extend_from_slice(&i32::from(has_null).to_be_bytes());
        buffer.extend_from_slice(&oid.0.to_be_bytes());
        buffer.extend_from_slice(&i32::try_from(values.len())?.to_be_bytes());
        buffer.extend_from_slice(&1_i32.to_be_bytes());
        for value in values {
            if *value == SqlValue::Null {
                buffer.extend_from_slice(&(-1_i32).to_be_bytes());
                continue;
            }
            let begin = buffer.len();
            buffer.extend_from_slice(&0_i32.to_be_bytes());
            if Bound::new(value, element).write(buffer)?.is_none() {
                return Ok(None);
            }
            let length = i32::try_from(buffer.len() - begin - 4)?;
            if let Some(place) = buffer.get_mut(begin..begin + 4) {
                place.copy_from_slice(&length.to_be_bytes());
            }
        }
        Ok(Some(()))
    }

    fn numeric(&self, number: &Decimal, scale: u8, buffer: &mut PgArgumentBuffer) {
        let mut bytes = Vec::with_capacity(32);
        numeric::encode(number, scale, &mut bytes);
        buffer.extend_from_slice(&bytes);
    }
}

fn encoded<'q, T: Encode<'q, Postgres>>(value: T, buffer: &mut PgArgumentBuffer) -> Result<Option<()>, BoxDynError> {
    // These kinds are never null.
    value.encode(buffer).map(|_| Some(()))
}

impl Type<Postgres> for Bound<'_> {
    /// Never asked for: the statement is prepared without types.
    fn type_info() -> PgTypeInfo {
        <i64 as Type<Postgres>>::type_info()
    }
}

impl<'q> Encode<'q, Postgres> for Bound<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        if *self.value == SqlValue::Null {
            return Ok(IsNull::Yes);
        }
        let unfit = || Unfit { wanted: self.wanted.name().to_lowercase() };
        self.write(buffer).map_err(|_| unfit())?.ok_or_else(unfit)?;
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.wanted.clone())
    }
}
