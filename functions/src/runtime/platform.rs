//! Which platform has started the process (surface.md §16).

use std::collections::BTreeMap;

/// A function platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// AWS Lambda.
    Lambda,
    /// Azure Functions, as a custom handler.
    Azure,
    /// Alibaba Function Compute, as a custom runtime.
    FunctionCompute,
}

/// The variables that each platform sets, and nobody else; the first that is there decides.
const TOLD_BY: [(&str, Platform); 5] = [
    ("AWS_LAMBDA_RUNTIME_API", Platform::Lambda),
    ("FUNCTIONS_CUSTOMHANDLER_PORT", Platform::Azure),
    ("FC_FUNCTION_NAME", Platform::FunctionCompute),
    ("FC_CUSTOM_LISTEN_PORT", Platform::FunctionCompute),
    ("FC_SERVER_PORT", Platform::FunctionCompute),
];

impl Platform {
    /// The platform of an environment; none where no platform has started the process.
    pub fn of(environment: &BTreeMap<String, String>) -> Option<Self> {
        let is_set = |name: &str| environment.get(name).is_some_and(|value| !value.trim().is_empty());
        TOLD_BY.into_iter().find(|(name, _)| is_set(name)).map(|(_, platform)| platform)
    }

    /// What it is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lambda => "AWS Lambda",
            Self::Azure => "Azure Functions",
            Self::FunctionCompute => "Alibaba Function Compute",
        }
    }

    /// The feature of the crate that its runtime is built with.
    pub const fn feature(self) -> &'static str {
        match self {
            Self::Lambda => "aws",
            Self::Azure => "azure",
            Self::FunctionCompute => "alibaba",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_told_by_its_variables() {
        let of = |variables: &[(&str, &str)]| Platform::of(&variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
        assert_eq!(of(&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"), ("FC_FUNCTION_NAME", "f")]), Some(Platform::Lambda));
        assert_eq!(of(&[("FUNCTIONS_CUSTOMHANDLER_PORT", "7071")]), Some(Platform::Azure));
        for name in ["FC_FUNCTION_NAME", "FC_CUSTOM_LISTEN_PORT", "FC_SERVER_PORT"] {
            assert_eq!(of(&[(name, "9000")]), Some(Platform::FunctionCompute));
        }
        assert_eq!(of(&[("PORT", "80"), ("AWS_LAMBDA_RUNTIME_API", " ")]), None);
    }
}
