//! Documents of the journal as they are stored: compressed where that makes them shorter (decisions.md, "Monitor logs").
//!
//! The columns are texts, so a packed document is `lz4.1:` and the base64 of an LZ4 block. A compact document is a JSON
//! object and begins with `{`: the two can not be mistaken for each other, and rows of either kind may stand side by side.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use lz4_flex::block::{compress_into_with_dict, decompress_with_dict, get_maximum_output_size};
use nightowl_core::port::StoreError;

/// What a packed document begins with; its number is that of the dictionary.
const PREFIX: &str = "lz4.1:";
/// Shorter documents stay as they are, in bytes.
const SHORTEST: usize = 256;
/// The most bytes that a document may have when it is unpacked: more than any bound of a trigger lets a log grow to.
const LONGEST: usize = 256 * 1024 * 1024;
/// How many bytes tell the length of what was packed.
const LENGTH: usize = 4;

/// What most logs hold, in the order in which they hold it. It is part of the format: a change needs another prefix.
const DICTIONARY: &[u8] = br#"{"aid_me":157,"aid_root":157},"name":"","code":"","type":"","amount":0.0,"price":1.5,"qty":1},"error":null,"loop":{"by":{"touched":[{"e":"failed to {"format":1,"error":null,"pre":true,"old":{"new":{"id_":157,"tenant_id_":"1","insert_time_":"2026-11-21T22:52:44","update_time_":"2026-11-21T22:52:44","aggregate_assist_":{"version_":1},"stages":[]}]}]}]},{"i":1,"s":"DONE","t":76,"us":41,"pre":true,"loop":{"actions":[{"i":0,"s":"DONE","t":76,"us":41,"uid":157,"n":[1,0,0],"by":{"$and":[{"touched":[{"id_":157,"tenant_id_":"1","insert_time_":"2026-11-21T22:52:44","update_time_":"2026-11-21T22:52:44"}]}]},{"format":1,"error":null,"pre":true,"old":null,"new":{"stages":[{"i":0,"s":"DONE","t":10,"us":133,"pre":true,"units":[{"i":0,"s":"DONE","t":21,"us":53,"pre":true,"actions":[{"i":0,"s":"DONE","t":21,"us":44,"uid":157,"n":[0,1,0],"touched":{"#;

/// A document as it is stored.
pub(super) fn pack(document: &str) -> Cow<'_, str> {
    if document.len() < SHORTEST || document.len() > LONGEST {
        return Cow::Borrowed(document);
    }
    let mut block = vec![0; LENGTH + get_maximum_output_size(document.len())];
    let Some((length, rest)) = block.split_first_chunk_mut::<LENGTH>() else { return Cow::Borrowed(document) };
    *length = u32::try_from(document.len()).unwrap_or(u32::MAX).to_le_bytes();
    let Ok(packed) = compress_into_with_dict(document.as_bytes(), rest, DICTIONARY) else { return Cow::Borrowed(document) };
    block.truncate(LENGTH + packed);
    let mut text = String::with_capacity(PREFIX.len() + block.len().div_ceil(3) * 4);
    text.push_str(PREFIX);
    STANDARD_NO_PAD.encode_string(&block, &mut text);
    if text.len() < document.len() { Cow::Owned(text) } else { Cow::Borrowed(document) }
}

/// A document of `table` as it was before it was stored. One that was not packed stays as it is; a damaged one is an error
/// that names the table.
pub fn unpack(table: &str, stored: String) -> Result<String, StoreError> {
    let Some(text) = stored.strip_prefix(PREFIX) else { return Ok(stored) };
    let damaged = || StoreError::Unexpected { object: format!("table {table}"), reason: "a packed document is damaged".to_owned() };
    let block = STANDARD_NO_PAD.decode(text).map_err(|_| damaged())?;
    let (length, block) = block.split_first_chunk::<LENGTH>().ok_or_else(damaged)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= LONGEST).ok_or_else(damaged)?;
    let document = decompress_with_dict(block, length, DICTIONARY).map_err(|_| damaged())?;
    String::from_utf8(document).map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_short_document_and_one_that_does_not_shrink_stay_as_they_are() {
        assert_eq!(pack("{\"format\":1}"), "{\"format\":1}");
        let mut state = 7_u64;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b' ' + u8::try_from((state >> 40) % 90).unwrap_or(0))
        });
        let noise: String = noise.take(4_000).collect();
        assert_eq!(pack(&noise), noise);
    }

    #[test]
    fn a_log_takes_less_than_half_of_its_place() {
        let action = |at: i64| {
            format!(
                r#"{{"i":{at},"s":"DONE","t":{at},"us":41,"uid":15739543695801712{at},"n":[1,0,0],"touched":[{{"sku":"S0{at}","qty":{at},"id_":15739543695801{at}84,"insert_time_":"2026-11-21T22:52:44"}}]}}"#
            )
        };
        let actions: Vec<String> = (10..14).map(action).collect();
        let log = format!(r#"{{"format":1,"error":null,"pre":true,"old":null,"new":{{"sku":"S004"}},"stages":[{}]}}"#, actions.join(","));
        let packed = pack(&log).into_owned();
        assert!(packed.len() * 2 < log.len(), "{} of {} bytes: {packed}", packed.len(), log.len());
        assert_eq!(unpack("nightowl_logs", packed).unwrap(), log);
    }

    #[test]
    fn what_is_damaged_is_an_error() {
        let packed = pack(&format!("{{{}}}", "\"a\":1,".repeat(100))).into_owned();
        let longer = format!("{PREFIX}{}", STANDARD_NO_PAD.encode([255; 40]));
        let cut: String = packed.chars().take(packed.len() - 5).collect();
        for stored in [longer, cut, format!("{PREFIX}!"), PREFIX.to_owned(), format!("{PREFIX}AAAA")] {
            let error = unpack("nightowl_logs", stored).unwrap_err();
            assert!(error.to_string().contains("nightowl_logs"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_was_packed_is_read_as_it_was(document in "\\{(\"[a-zä]{0,3}\":[0-9]{0,6},){0,200}\\}") {
            prop_assert_eq!(unpack("nightowl_logs", pack(&document).into_owned()).unwrap(), document);
        }
    }
}
