//! The ids that this crate handles, each of its own type.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$about:meta])* $name:ident) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id of this text.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id as a text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A tenant's id; the super admin's own is `-1` (`storage.md §20`).
    TenantId
}
id! {
    /// A user's id.
    UserId
}
id! {
    /// The id of a token's row.
    PatId
}
id! {
    /// The public part of a token: 12 characters of `0-9A-Za-z` (`surface.md §2.4`).
    KeyId
}
