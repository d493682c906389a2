//! User groups and enumerations: saved with what belongs to them.

use nightowl_core::model::{EnumDefinition, UserGroup};
use nightowl_storage::Store;
use nightowl_storage::meta::apply::{ApplyOptions, Change, Plan};
use nightowl_storage::meta::{MetaError, find_by_name, items_of_enum, list};
use serde_json::{Value as Json, json};

use super::support::{applied, fresh, on};

fn changes(plan: &Plan) -> Vec<(&str, &str, Change)> {
    plan.items.iter().map(|item| (item.kind, item.name.as_str(), item.change)).collect()
}

/// What users carry of groups, in the order of their names.
async fn carried(store: &Store) -> Vec<(String, Json)> {
    on!(store, session => {
        let text = nightowl_core::compile::ColumnKind::Text { length: u32::MAX };
        let rows = session.query("SELECT name, group_ids FROM users WHERE name IN ('ann', 'bob') ORDER BY name", &[], &[text, text]).await.unwrap();
        let cell = |value: &nightowl_core::value::Value| value.as_text().unwrap_or("[]").to_owned();
        rows.iter().map(|row| (cell(&row[0]), serde_json::from_str(&cell(&row[1])).unwrap())).collect()
    })
}

#[tokio::test]
async fn a_group_says_who_belongs_to_it_and_its_users_carry_it() {
    let store = fresh().await;
    let user = |id: &str, name: &str| json!({"userId": id, "name": name, "role": "console", "tenantId": "1"});
    let document = |members: &[&str]| {
        json!({
            "users": [user("f-a", "ann"), user("f-b", "bob")],
            "userGroups": [{"userGroupId": "g1", "name": "owls", "userIds": members, "spaceIds": ["s1"]}],
        })
    };
    let plan = applied(&store, &document(&["f-a", "f-b"]), ApplyOptions::default()).await.unwrap();
    assert_eq!(changes(&plan), [("user", "ann", Change::Create), ("user", "bob", Change::Create), ("user group", "owls", Change::Create)]);
    assert_eq!(carried(&store).await, [("ann".to_owned(), json!(["g1"])), ("bob".to_owned(), json!(["g1"]))]);
    let again = applied(&store, &document(&["f-a", "f-b"]), ApplyOptions::default()).await.unwrap();
    assert!(again.items.iter().all(|item| item.change == Change::Unchanged), "{:?}", changes(&again));

    applied(&store, &document(&["f-b"]), ApplyOptions::default()).await.unwrap();
    assert_eq!(carried(&store).await, [("ann".to_owned(), json!([])), ("bob".to_owned(), json!(["g1"]))]);
    let groups = on!(store, session => list::<UserGroup>(session, "1").await.unwrap());
    assert_eq!((groups.len(), groups[0].tuple.user_ids.len(), groups[0].version), (1, 1, 2));
    assert_eq!(groups[0].tuple.space_ids, ["s1"]);

    let refused = applied(&store, &document(&["f-b", "nobody"]), ApplyOptions::default()).await;
    let Err(MetaError::Definitions(problems)) = refused else { panic!("{refused:?}") };
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["definition-user-unknown"]);
}

#[tokio::test]
async fn an_enumeration_is_saved_with_its_items() {
    let store = fresh().await;
    let document = |items: Json| {
        json!({
            "enums": [
                {"enumId": "f-1", "name": "colour", "parentEnumId": "f-2", "items": items},
                {"enumId": "f-2", "name": "family", "description": "of colours", "items": [{"code": "WARM"}]},
            ],
            "topics": [{"topicId": "t1", "name": "owl", "type": "distinct", "factors": [{"factorId": "c", "name": "colour", "type": "enum", "enumId": "f-1"}]}],
        })
    };
    let red = json!({"code": "R", "label": "red", "parentCode": "WARM"});
    let plan = applied(&store, &document(json!([red, {"code": "B", "label": "blue"}])), ApplyOptions::default()).await.unwrap();
    assert_eq!(changes(&plan), [("enum", "colour", Change::Create), ("enum", "family", Change::Create), ("topic", "owl", Change::Create)]);
    let again = applied(&store, &document(json!([red, {"code": "B", "label": "blue"}])), ApplyOptions::default()).await.unwrap();
    assert!(again.items.iter().all(|item| item.change == Change::Unchanged), "{:?}", changes(&again));

    let (colour, items, family) = stored(&store).await;
    assert_eq!(colour.parent_enum_id.as_deref(), Some(family.enum_id.as_str()));
    assert_eq!((items[0].code.as_str(), items[0].parent_code.as_deref(), items[1].label.as_deref()), ("R", Some("WARM"), Some("blue")));
    let topics = on!(store, session => list::<nightowl_core::model::Topic>(session, "1").await.unwrap());
    let owl = topics.iter().find(|topic| topic.tuple.name == "owl").unwrap();
    assert_eq!(owl.tuple.factors[0].enum_id.as_deref(), Some(colour.enum_id.as_str()));

    // What is no longer there goes, what stays keeps its id.
    let plan = applied(&store, &document(json!([{"code": "B", "label": "azure"}, {"code": "G"}])), ApplyOptions::default()).await.unwrap();
    assert_eq!(plan.items[0].keys, ["items"]);
    let (_, later, _) = stored(&store).await;
    assert_eq!(later.iter().map(|item| (item.code.as_str(), item.label.as_deref())).collect::<Vec<_>>(), [("B", Some("azure")), ("G", None)]);
    assert_eq!(later[0].item_id, items[1].item_id);
}

async fn stored(store: &Store) -> (EnumDefinition, Vec<nightowl_core::model::EnumItem>, EnumDefinition) {
    on!(store, session => {
        let colour = find_by_name::<EnumDefinition>(session, "1", "colour").await.unwrap().unwrap().tuple;
        let family = find_by_name::<EnumDefinition>(session, "1", "family").await.unwrap().unwrap().tuple;
        let items = items_of_enum(session, &colour.enum_id).await.unwrap();
        (colour, items, family)
    })
}
