//! Logs and triggers over the stores of a tenant, in one order (surface.md §7).

use std::cmp::Reverse;

use nightowl_core::port::StoreError;

use super::{LogCriteria, LogRecord, Page, PageRequest, TraceStore, TriggerCriteria, TriggerRecord};

/// How many triggers are looked up at once.
const AT_ONCE: u32 = 256;

/// A page of logs, newest first, over one or several stores: each row stands where it would stand if all lay in one.
///
/// With several stores the keys of everything up to the page are read (16 bytes a log), and the rows of the page only.
pub async fn page_of_logs(stores: &[TraceStore], criteria: &LogCriteria, request: PageRequest) -> Result<Page<LogRecord>, StoreError> {
    let mut filled = Vec::new();
    let mut item_count = 0;
    for store in stores {
        let count = store.count_logs(criteria).await?;
        if count > 0 {
            item_count += count;
            filled.push(store);
        }
    }
    let (mut page, before) = request.settle(item_count);
    let shares = match filled.as_slice() {
        [] => return Ok(page),
        [_] => vec![Share { skipped: before, taken: u64::from(page.page_size) }],
        _ => shares(&filled, criteria, before, u64::from(page.page_size)).await?,
    };
    for (store, share) in filled.iter().zip(shares) {
        if share.taken > 0 {
            page.data.extend(store.logs(criteria, share.skipped, share.taken).await?);
        }
    }
    page.data.sort_by_key(|log| Reverse((log.started_at, log.uid)));
    Ok(page)
}

/// What of a store, in its own order, stands before the page and on it.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    skipped: u64,
    taken: u64,
}

async fn shares(stores: &[&TraceStore], criteria: &LogCriteria, before: u64, size: u64) -> Result<Vec<Share>, StoreError> {
    let mut keys = Vec::new();
    for (index, store) in stores.iter().enumerate() {
        keys.extend(store.log_keys(criteria, before.saturating_add(size)).await?.into_iter().map(|key| (key, index)));
    }
    keys.sort_unstable_by_key(|key| Reverse(*key));
    let mut shares = vec![Share::default(); stores.len()];
    for (position, (_, index)) in (0_u64..before.saturating_add(size)).zip(keys) {
        if let Some(share) = shares.get_mut(index) {
            if position < before { share.skipped += 1 } else { share.taken += 1 }
        }
    }
    Ok(shares)
}

/// Triggers over several stores as if all lay in one, at most `limit`: newest first, oldest first where those after a trigger
/// are asked for. A pipeline may have run on another store than the one that has the header.
pub async fn list_of_triggers(stores: &[TraceStore], criteria: &TriggerCriteria, limit: u32) -> Result<Vec<TriggerRecord>, StoreError> {
    let limit_reached = |found: &[TriggerRecord]| found.len() >= limit as usize;
    let mut found = Vec::new();
    if stores.len() > 1 && criteria.pipeline_id.is_some() {
        let (mut criteria, mut before) = (criteria.clone(), None);
        while !limit_reached(&found) {
            let mut ids = Vec::new();
            for store in stores {
                ids.extend(store.ran(&criteria, before, AT_ONCE).await?);
            }
            in_order(&mut ids, &criteria, |id| *id);
            ids.dedup();
            ids.truncate(AT_ONCE as usize);
            let Some(last) = ids.last().copied() else { break };
            for store in stores {
                found.extend(store.triggers_among(&criteria, &ids).await?);
            }
            match criteria.after_trigger_id {
                Some(_) => criteria.after_trigger_id = Some(last),
                None => before = Some(last),
            }
        }
    } else {
        for store in stores {
            found.extend(store.triggers(criteria, limit).await?);
        }
    }
    in_order(&mut found, criteria, |trigger| trigger.trigger_id);
    found.truncate(limit as usize);
    Ok(found)
}

fn in_order<T>(triggers: &mut [T], criteria: &TriggerCriteria, id: impl Fn(&T) -> i64) {
    triggers.sort_unstable_by_key(|trigger| if criteria.after_trigger_id.is_some() { id(trigger) } else { -id(trigger) });
}
