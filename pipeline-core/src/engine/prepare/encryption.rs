//! Values of protected factors are encrypted or masked (values.md §8).

use super::walk::walk;
use crate::compile::PreparationPlan;
use crate::value::encryption::{AesKey, encrypt};
use crate::value::{DateFormats, Object, ValueError};

/// Protects what stands at factors with `encrypt`. Topics of the system are left alone.
///
/// # Errors
/// [`ValueError::KeyMissing`] where AES is needed and there is no key; [`ValueError::NotADate`] for a date mask on what is
/// no date.
pub fn encryption(plan: &PreparationPlan, data: &mut Object, key: Option<&AesKey>, formats: &DateFormats) -> Result<(), ValueError> {
    if plan.is_system {
        return Ok(());
    }
    walk(&plan.encryption, data, &mut |method, value| {
        *value = encrypt(*method, value, key, formats)?;
        Ok(())
    })
}
