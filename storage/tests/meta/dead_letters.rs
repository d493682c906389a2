//! Dead letters: kept once for each delivery, found, decided on once.

use chrono::NaiveDate;
use nightowl_storage::meta::dead_letters::{DeadLetter, DeadLetterCriteria, DeadLetterKind, DeadLetterState, change_state, find, insert, list};
use serde_json::json;

use super::support::{fresh, on};

fn letter(id: i64, key: &str) -> DeadLetter {
    DeadLetter {
        dead_letter_id: id,
        delivery_key: Some(key.to_owned()),
        kind: DeadLetterKind::ExternalWriter,
        source: "crm".to_owned(),
        code: "action-external-writer".to_owned(),
        message: "failed to call".to_owned(),
        received_at: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap().and_hms_opt(10, 0, 0).unwrap(),
        trace_id: Some("t".to_owned()),
        tenant_id: Some("1".to_owned()),
        attempts: 9,
        content: Some("{}".to_owned()),
        content_encoding: None,
        attributes: json!({"writerId": "w"}),
        state: DeadLetterState::Open,
    }
}

#[tokio::test]
async fn a_delivery_has_one_dead_letter_and_it_is_decided_on_once() {
    let store = fresh().await;
    on!(store, session => {
        assert!(insert(session, &letter(1, "a")).await.unwrap());
        assert!(!insert(session, &letter(2, "a")).await.unwrap());
        assert!(insert(session, &letter(3, "b")).await.unwrap());
        assert_eq!(find(session, 1).await.unwrap(), Some(letter(1, "a")));
        assert!(change_state(session, 1, DeadLetterState::Open, DeadLetterState::Redriven).await.unwrap());
        assert!(!change_state(session, 1, DeadLetterState::Open, DeadLetterState::Dropped).await.unwrap());
        let open = DeadLetterCriteria { state: Some(DeadLetterState::Open), ..DeadLetterCriteria::default() };
        let ids: Vec<i64> = list(session, &open, 10).await.unwrap().iter().map(|letter| letter.dead_letter_id).collect();
        assert_eq!(ids, [3]);
        let all = DeadLetterCriteria { trace_id: Some("t".to_owned()), ..DeadLetterCriteria::default() };
        assert_eq!(list(session, &all, 10).await.unwrap().len(), 2);
    });
}
