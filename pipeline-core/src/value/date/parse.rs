//! Texts to dates and times, by lists of formats (values.md §7.1, §7.2).

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _};
use chrono_tz::Tz;

use super::{is_in_range, offset};

/// The most digits that a date text may have: 14 of date and time, 6 of fraction.
const MAX_DATE_DIGITS: usize = 20;
/// From how many digits on a text has to carry a fraction.
const MAX_PLAIN_DIGITS: usize = 14;

/// A format text that can not be used (`settings-date-format`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("date format \"{0}\" is not usable; write %Y %m %d %H %M %S, each at most once, %f only at the end, and nothing between them")]
pub struct DateFormatError(pub String);

/// One field of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

impl Field {
    const fn digits(self) -> usize {
        match self {
            Self::Year => 4,
            _ => 2,
        }
    }
}

/// One format: the order of its fields, and whether a fraction of a second follows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Format {
    fields: Vec<Field>,
    fraction: bool,
}

/// The fields that a format found in a text.
#[derive(Default)]
struct Found {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    micro: u32,
}

impl Format {
    /// Reads the reference's format codes. `%z` is accepted at the end and means nothing: an offset is taken off a text
    /// before its digits are looked at.
    fn parse(text: &str) -> Result<Self, DateFormatError> {
        let wrong = || DateFormatError(text.to_owned());
        let mut fields: Vec<Field> = Vec::new();
        let mut fraction = false;
        let codes = text.strip_suffix("%z").unwrap_or(text);
        for code in codes.strip_prefix('%').ok_or_else(wrong)?.split('%') {
            let field = match code {
                "Y" => Field::Year,
                "m" => Field::Month,
                "d" => Field::Day,
                "H" => Field::Hour,
                "M" => Field::Minute,
                "S" => Field::Second,
                "f" if !fraction => {
                    fraction = true;
                    continue;
                }
                _ => return Err(wrong()),
            };
            if fraction || fields.contains(&field) {
                return Err(wrong());
            }
            fields.push(field);
        }
        Ok(Self { fields, fraction })
    }

    fn parse_all(texts: &[impl AsRef<str>]) -> Result<Vec<Self>, DateFormatError> {
        texts.iter().map(|text| Self::parse(text.as_ref())).collect()
    }

    /// At which digit a field begins.
    fn place_of(&self, wanted: Field) -> Option<usize> {
        let before = self.fields.iter().position(|field| *field == wanted)?;
        Some(self.fields.iter().take(before).map(|field| field.digits()).sum())
    }

    fn fixed_digits(&self) -> usize {
        self.fields.iter().map(|field| field.digits()).sum()
    }

    /// Reads the fields from digits, if their number suits this format.
    fn read(&self, digits: &[u8]) -> Option<Found> {
        let fixed = self.fixed_digits();
        let suits = if digits.len() > MAX_PLAIN_DIGITS {
            self.fraction && (fixed + 1..=fixed + 6).contains(&digits.len())
        } else {
            !self.fraction && digits.len() == fixed
        };
        if !suits {
            return None;
        }
        let mut found = Found::default();
        let mut rest = digits;
        for field in &self.fields {
            let (mine, following) = rest.split_at_checked(field.digits())?;
            let number = number(mine);
            match field {
                Field::Year => found.year = number,
                Field::Month => found.month = number,
                Field::Day => found.day = number,
                Field::Hour => found.hour = number,
                Field::Minute => found.minute = number,
                Field::Second => found.second = number,
            }
            rest = following;
        }
        found.micro = (rest.len()..6).fold(number(rest), |micro, _| micro * 10);
        Some(found)
    }
}

impl Found {
    fn time(&self) -> Option<NaiveTime> {
        NaiveTime::from_hms_micro_opt(self.hour, self.minute, self.second, self.micro)
    }

    fn moment(&self) -> Option<NaiveDateTime> {
        let year = i32::try_from(self.year).ok().filter(|year| *year >= 1)?;
        Some(NaiveDate::from_ymd_opt(year, self.month, self.day)?.and_time(self.time()?))
    }
}

/// At which digits of a date text its month and day begin, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DatePlaces {
    /// The first digit of the month.
    pub(crate) month: usize,
    /// The first digit of the day.
    pub(crate) day: usize,
}

/// The number that digits make; at most six of them are given.
fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number, digit| number * 10 + u32::from(*digit))
}

/// The formats by which texts are read as dates and times, and the zone into which offsets are converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateFormats {
    full_datetime: Vec<Format>,
    datetime: Vec<Format>,
    date: Vec<Format>,
    time: Vec<Format>,
    zone: Tz,
}

impl DateFormats {
    /// The default formats of values.md §7.1 in this zone (`engine.time_zone`).
    pub fn in_zone(zone: Tz) -> Self {
        use Field::{Day, Hour, Minute, Month, Second, Year};
        let orders = [[Year, Month, Day], [Day, Month, Year], [Month, Day, Year]];
        let with = |time: &[Field], fraction: bool| {
            orders.iter().map(move |order| Format { fields: order.iter().chain(time).copied().collect(), fraction }).collect::<Vec<_>>()
        };
        let to_seconds = [Hour, Minute, Second];
        let to_minutes = [Hour, Minute];
        let mut datetime = with(&to_seconds, false);
        datetime.extend(with(&to_minutes, false));
        Self {
            full_datetime: with(&to_seconds, true),
            datetime,
            date: with(&[], false),
            time: vec![Format { fields: to_seconds.to_vec(), fraction: false }, Format { fields: to_minutes.to_vec(), fraction: false }],
            zone,
        }
    }

    /// Configured formats in the reference's codes.
    ///
    /// # Errors
    /// [`DateFormatError`] for the first format that can not be used.
    pub fn configured(
        full_datetime: &[impl AsRef<str>],
        datetime: &[impl AsRef<str>],
        date: &[impl AsRef<str>],
        time: &[impl AsRef<str>],
        zone: Tz,
    ) -> Result<Self, DateFormatError> {
        Ok(Self {
            full_datetime: Format::parse_all(full_datetime)?,
            datetime: Format::parse_all(datetime)?,
            date: Format::parse_all(date)?,
            time: Format::parse_all(time)?,
            zone,
        })
    }

    /// The configured zone.
    pub const fn zone(&self) -> Tz {
        self.zone
    }

    /// Reads a date with all formats: a moment, midnight where the text holds no time of day. An offset after a time of
    /// day is converted to the configured zone (V-15, D-24).
    pub fn parse_date(&self, text: &str) -> Option<NaiveDateTime> {
        self.parse_with(text, &[&self.full_datetime, &self.datetime, &self.date])
    }

    /// Reads a date with the formats that have a time of day only.
    pub fn parse_datetime(&self, text: &str) -> Option<NaiveDateTime> {
        self.parse_with(text, &[&self.full_datetime, &self.datetime])
    }

    /// Reads a date with the formats that have no time of day only.
    pub fn parse_day(&self, text: &str) -> Option<NaiveDate> {
        self.parse_with(text, &[&self.date]).map(|moment| moment.date())
    }

    /// Reads a time of day: six or four digits by default, no fraction, no offset (values.md §7.2).
    pub fn parse_time(&self, text: &str) -> Option<NaiveTime> {
        let mut buffer = [0; MAX_DATE_DIGITS];
        let digits = keep_digits(text, &mut buffer)?;
        self.time.iter().find_map(|format| format.read(digits)?.time())
    }

    /// At which digits of a text month and day begin; `None` where it is no date.
    pub(crate) fn places(&self, text: &str) -> Option<DatePlaces> {
        let (rest, _) = offset::take_off(text);
        let mut buffer = [0; MAX_DATE_DIGITS];
        let digits = keep_digits(rest, &mut buffer)?;
        let lists = [&self.full_datetime, &self.datetime, &self.date];
        let format = lists.into_iter().flatten().find(|format| format.read(digits).is_some_and(|found| found.moment().is_some()))?;
        Some(DatePlaces { month: format.place_of(Field::Month)?, day: format.place_of(Field::Day)? })
    }

    fn parse_with(&self, text: &str, lists: &[&[Format]]) -> Option<NaiveDateTime> {
        let (rest, offset) = offset::take_off(text);
        let mut buffer = [0; MAX_DATE_DIGITS];
        let digits = keep_digits(rest, &mut buffer)?;
        let moment = lists.iter().copied().flatten().find_map(|format| format.read(digits)?.moment())?;
        match offset {
            None => Some(moment),
            Some(offset) => {
                let utc = moment.checked_sub_offset(offset)?;
                Some(self.zone.from_utc_datetime(&utc).naive_local()).filter(|local| is_in_range(*local))
            }
        }
    }
}

impl Default for DateFormats {
    /// The default formats in UTC.
    fn default() -> Self {
        Self::in_zone(Tz::UTC)
    }
}

/// The values of the ASCII digits of a text; `None` where it has a `+`, or more digits than any format takes.
fn keep_digits<'b>(text: &str, buffer: &'b mut [u8; MAX_DATE_DIGITS]) -> Option<&'b [u8]> {
    let mut count = 0;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                *buffer.get_mut(count)? = byte - b'0';
                count += 1;
            }
            b'+' => return None,
            _ => {}
        }
    }
    buffer.get(..count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        DateFormats::default().parse_date(text).map(|moment| moment.to_string())
    }

    #[test]
    fn separators_do_not_matter_and_the_order_of_formats_does() {
        for (text, moment) in [
            ("date'2024-01-02'", "2024-01-02 00:00:00"),
            ("2024年01月02日", "2024-01-02 00:00:00"),
            ("01022024", "2024-02-01 00:00:00"),
            ("02132024", "2024-02-13 00:00:00"),
            ("20201112", "2020-11-12 00:00:00"),
            ("2024-01-02 10:20:30.5", "2024-01-02 10:20:30.500"),
            ("2024-01-02 10:20:30.123456", "2024-01-02 10:20:30.123456"),
            ("2024-01-02-1020", "2024-01-02 10:20:00"),
            ("2024-01-02Z", "2024-01-02 00:00:00"),
        ] {
            assert_eq!(read(text).as_deref(), Some(moment), "{text}");
        }
        for text in
            ["", "2024-1-2", "2024-02-30", "0000-01-01", "2024-01-02 24:00", "2024-01-02 10:20:60", "2024-01-02 10:20:30.1234567", "2024+01+02", "٢٠٢٤٠١٠٢"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn offsets_are_converted_to_the_zone() {
        let shanghai = DateFormats::in_zone(chrono_tz::Asia::Shanghai);
        assert_eq!(shanghai.parse_date("2024-01-02T10:20:30Z").unwrap().to_string(), "2024-01-02 18:20:30");
        assert_eq!(shanghai.parse_date("2024-01-02T10:20:30").unwrap().to_string(), "2024-01-02 10:20:30");
        assert_eq!(read("2024-01-02T10:20+0800 ").as_deref(), Some("2024-01-02 02:20:00"));
        assert_eq!(read("2024-01-02T10:20:30.25-08:00").as_deref(), Some("2024-01-02 18:20:30.250"));
        assert_eq!(read("0001-01-01T00:00:00+01:00"), None);
        assert_eq!(read("17-05-2024").as_deref(), Some("2024-05-17 00:00:00"));
    }

    proptest! {
        #[test]
        fn iso_texts_come_back(seconds in -62_135_596_800_i64..253_402_300_800, micro in 0_u32..1_000_000) {
            let moment = chrono::DateTime::from_timestamp(seconds, micro * 1_000).unwrap().naive_utc();
            let text = moment.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
            prop_assert_eq!(DateFormats::default().parse_date(&text), Some(moment));
            prop_assert_eq!(DateFormats::default().parse_date(&format!("{text}Z")), Some(moment));
        }

        #[test]
        fn any_text_is_read_or_not(text in "[0-9TZ:+. 中-]{0,30}") {
            let formats = DateFormats::in_zone(chrono_tz::America::New_York);
            if let Some(moment) = formats.parse_date(&text) {
                prop_assert!(is_in_range(moment));
            }
            formats.parse_time(&text);
        }
    }

    #[test]
    fn times_have_no_fraction() {
        let formats = DateFormats::default();
        assert_eq!(formats.parse_time("time'09:12:23'").unwrap().to_string(), "09:12:23");
        assert_eq!(formats.parse_time("10:20").unwrap().to_string(), "10:20:00");
        for text in ["24:00", "10:20:30.5", "1:2:3", ""] {
            assert_eq!(formats.parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn the_configured_defaults_are_the_defaults() {
        let configured = DateFormats::configured(
            &["%Y%m%d%H%M%S%f", "%d%m%Y%H%M%S%f", "%m%d%Y%H%M%S%f"],
            &["%Y%m%d%H%M%S", "%d%m%Y%H%M%S", "%m%d%Y%H%M%S", "%Y%m%d%H%M", "%d%m%Y%H%M", "%m%d%Y%H%M"],
            &["%Y%m%d", "%d%m%Y", "%m%d%Y"],
            &["%H%M%S", "%H%M"],
            Tz::UTC,
        );
        assert_eq!(configured, Ok(DateFormats::default()));
        for text in ["", "Y", "%Y-%m-%d", "%Y%f%m", "%Y%Y", "%q"] {
            assert!(Format::parse(text).is_err(), "{text}");
        }
    }
}
