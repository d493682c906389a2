//! Factors: the members of a topic (engine.md §1.3).

use serde_json::{Value as Json, json};

use super::Reader;
use super::wire_enum::wire_enum;

wire_enum! {
    /// What a factor holds (engine.md §1.3, values.md §1.3).
    FactorType {
        /// A 64-bit id.
        Sequence = "sequence",
        /// An exact number.
        Number = "number",
        /// A number, meant not to be negative; not checked.
        Unsigned = "unsigned",
        /// Free text.
        Text = "text",
        /// Postal address.
        Address = "address",
        /// Coded text.
        Continent = "continent",
        /// Coded text.
        Region = "region",
        /// Coded text.
        Country = "country",
        /// Coded text.
        Province = "province",
        /// Coded text.
        City = "city",
        /// Coded text.
        District = "district",
        /// Text.
        Road = "road",
        /// Text.
        Community = "community",
        /// Number.
        Floor = "floor",
        /// Coded text.
        ResidenceType = "residence-type",
        /// Number.
        ResidentialArea = "residential-area",
        /// Text.
        Email = "email",
        /// Text.
        Phone = "phone",
        /// Text.
        Mobile = "mobile",
        /// Text.
        Fax = "fax",
        /// A moment.
        DateTime = "datetime",
        /// A moment with fractions of a second.
        FullDateTime = "full-datetime",
        /// A day.
        Date = "date",
        /// A time of day.
        Time = "time",
        /// Date part.
        Year = "year",
        /// Date part, 1 or 2.
        HalfYear = "half-year",
        /// Date part, 1 to 4.
        Quarter = "quarter",
        /// Date part, 1 to 12.
        Month = "month",
        /// Date part, 1 or 2.
        HalfMonth = "half-month",
        /// Date part, 1 to 3.
        TenDays = "ten-days",
        /// Date part, 0 to 53.
        WeekOfYear = "week-of-year",
        /// Date part, 0 to 5.
        WeekOfMonth = "week-of-month",
        /// Date part, 1 or 2.
        HalfWeek = "half-week",
        /// Date part, 1 to 31.
        DayOfMonth = "day-of-month",
        /// Date part, 1 is Sunday.
        DayOfWeek = "day-of-week",
        /// 1 workday, 2 weekend, 3 holiday.
        DayKind = "day-kind",
        /// Time part.
        Hour = "hour",
        /// 1 work, 2 off, 3 sleeping.
        HourKind = "hour-kind",
        /// Time part.
        Minute = "minute",
        /// Time part.
        Second = "second",
        /// Time part.
        Millisecond = "millisecond",
        /// 1 or 2.
        AmPm = "am-pm",
        /// Coded text.
        Gender = "gender",
        /// Text.
        Occupation = "occupation",
        /// A day.
        DateOfBirth = "date-of-birth",
        /// Number.
        Age = "age",
        /// Text.
        IdNo = "id-no",
        /// Coded text.
        Religion = "religion",
        /// Coded text.
        Nationality = "nationality",
        /// Coded text.
        BizTrade = "biz-trade",
        /// Number.
        BizScale = "biz-scale",
        /// True or false.
        Boolean = "boolean",
        /// Coded text.
        Enum = "enum",
        /// A JSON object.
        Object = "object",
        /// A JSON list.
        Array = "array",
    }
}

wire_enum! {
    /// How a factor's value is protected when it is stored (engine.md §2.5).
    Encryption {
        /// Not at all.
        None = "none",
        /// AES-256 in CFB mode with 8-bit segments.
        Aes = "AES256-PKCS5-PADDING",
        /// Base64 of the digest.
        Md5 = "MD5",
        /// Lower-case hex of the digest.
        Sha256 = "SHA256",
        /// Everything before the `@`.
        MaskMail = "MASK-MAIL",
        /// Three characters in the middle.
        MaskCenter3 = "MASK-CENTER-3",
        /// Five characters in the middle.
        MaskCenter5 = "MASK-CENTER-5",
        /// The last three.
        MaskLast3 = "MASK-LAST-3",
        /// The last six.
        MaskLast6 = "MASK-LAST-6",
        /// The day becomes 1.
        MaskDay = "MASK-DAY",
        /// The month becomes 1.
        MaskMonth = "MASK-MONTH",
        /// Both become 1.
        MaskMonthDay = "MASK-MONTH-DAY",
    }
}

/// The index that a factor belongs to: `i-1` … `i-10` plain, `u-1` … `u-10` unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IndexGroup {
    /// The group's text, as on the wire.
    pub name: String,
    /// Whether its columns are unique together.
    pub unique: bool,
}

impl IndexGroup {
    /// Reads `i-n` or `u-n` with n from 1 to 10.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, number) = text.split_once('-')?;
        let number: u8 = number.parse().ok()?;
        let unique = match kind {
            "i" => false,
            "u" => true,
            _ => return None,
        };
        (1..=10).contains(&number).then(|| Self { name: text.to_owned(), unique })
    }
}

/// One factor of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// Its id.
    pub factor_id: String,
    /// Its (dotted) name.
    pub name: String,
    /// What it holds.
    pub factor_type: FactorType,
    /// The enumeration that its codes belong to; never checked.
    pub enum_id: Option<String>,
    /// For people.
    pub label: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// What a missing value becomes, as text.
    pub default_value: Option<String>,
    /// Whether a raw topic gives it a column of its own.
    pub flatten: bool,
    /// Its index.
    pub index_group: Option<IndexGroup>,
    /// Its protection.
    pub encrypt: Encryption,
    /// Length or digits of its column.
    pub precision: Option<String>,
}

impl Factor {
    /// Reads a factor.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        if let Some(name) = reader.filled("name").or_else(|| reader.filled("factorId")) {
            let place = reader.place().parent().named("factor", &name);
            reader.set_place(place);
        }
        let index_group = reader.filled("indexGroup").and_then(|text| {
            let group = IndexGroup::parse(&text);
            if group.is_none() {
                let place = reader.at("indexGroup");
                reader.problems().error("definition-unknown-value", &place, format!("\"{text}\" is no index group"), "use i-1 … i-10 or u-1 … u-10");
            }
            group
        });
        Some(Self {
            factor_id: reader.required("factorId"),
            name: reader.required("name"),
            factor_type: reader.choice("type").unwrap_or(FactorType::Text),
            enum_id: reader.filled("enumId"),
            label: reader.text("label"),
            description: reader.text("description"),
            default_value: reader.text("defaultValue"),
            flatten: reader.flag("flatten").unwrap_or(false),
            index_group,
            encrypt: reader.choice("encrypt").unwrap_or(Encryption::None),
            precision: reader.filled("precision"),
        })
    }

    /// The wire form.
    pub fn to_json(&self) -> Json {
        json!({
            "factorId": self.factor_id, "type": self.factor_type.as_str(), "name": self.name, "enumId": self.enum_id, "label": self.label,
            "description": self.description, "defaultValue": self.default_value, "flatten": self.flatten,
            "indexGroup": self.index_group.as_ref().map(|group| group.name.as_str()),
            "encrypt": (self.encrypt != Encryption::None).then(|| self.encrypt.as_str()), "precision": self.precision,
        })
    }

    /// The column of the factor: trimmed, lower-cased, `.`, `-` and blank replaced by `_` (storage.md §11.2, V-39).
    pub fn column_name(&self) -> String {
        column_name(&self.name)
    }
}

/// The column of a factor with this name.
pub fn column_name(name: &str) -> String {
    name.trim().to_lowercase().replace(['.', '-', ' '], "_")
}
