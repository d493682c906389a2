//! Bound values in the types of the protocol; exact numbers go as text, which a column takes over digit by digit.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::mysql::{MySql, MySqlTypeInfo};
use sqlx::{Database, Type};

use crate::sql::{SqlValue, convert};

/// A value on its way into a statement. Texts are lent, not copied.
pub(super) struct Bound<'a>(pub(super) &'a SqlValue);

impl Type<MySql> for Bound<'_> {
    fn type_info() -> MySqlTypeInfo {
        <str as Type<MySql>>::type_info()
    }
}

impl<'q> Encode<'q, MySql> for Bound<'_> {
    fn encode_by_ref(&self, buffer: &mut <MySql as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        match self.0 {
            SqlValue::Null => Ok(IsNull::Yes),
            SqlValue::Integer(number) => <i64 as Encode<MySql>>::encode_by_ref(number, buffer),
            SqlValue::Text(text) => <&str as Encode<MySql>>::encode_by_ref(&&**text, buffer),
            SqlValue::Json(text) => <&str as Encode<MySql>>::encode_by_ref(&text.as_str(), buffer),
            SqlValue::Date(day) => <NaiveDate as Encode<MySql>>::encode_by_ref(day, buffer),
            SqlValue::DateTime(moment) => <NaiveDateTime as Encode<MySql>>::encode_by_ref(moment, buffer),
            SqlValue::Time(time) => <NaiveTime as Encode<MySql>>::encode_by_ref(time, buffer),
            SqlValue::List(_) => Err("a list of values is nothing that this server takes".into()),
            SqlValue::Decimal(number, scale) => <&str as Encode<MySql>>::encode_by_ref(&convert::decimal_text(number, *scale).as_str(), buffer),
        }
    }

    fn produces(&self) -> Option<MySqlTypeInfo> {
        Some(match self.0 {
            SqlValue::Integer(_) => <i64 as Type<MySql>>::type_info(),
            SqlValue::Date(_) => <NaiveDate as Type<MySql>>::type_info(),
            SqlValue::DateTime(_) => <NaiveDateTime as Type<MySql>>::type_info(),
            SqlValue::Time(_) => <NaiveTime as Type<MySql>>::type_info(),
            SqlValue::Null | SqlValue::Decimal(..) | SqlValue::Text(_) | SqlValue::Json(_) | SqlValue::List(_) => <str as Type<MySql>>::type_info(),
        })
    }
}
