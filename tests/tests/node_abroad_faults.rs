//! A pipeline that writes two data sources, one of which is away or loses a connection at its commit (engine.md §3.11, rule 2).

use std::sync::Arc;
use std::time::{Duration, Instant};

use nightowl::door::Fire;
use nightowl_core::error::{Coded as _, ErrorClass};
use nightowl_tests::cross::{Pair, SECOND, apply, count, delivery, fire, token};
use nightowl_tests::proxy::{Cut, Proxy};
use nightowl_tests::servers::Server;
use nightowl_tests::stage::{insert, simple, topic};
use serde_json::{Value as Json, json};

/// start → lines (second) and here (default), in this order; apart has no pipeline.
fn definitions(pair: &Pair) -> Vec<Json> {
    let plain = |name: &str| topic(name, "distinct", &[("k", "text", "")]);
    let mut lines = plain("lines");
    lines["dataSourceId"] = json!(SECOND);
    let row = [("k", "{k}")];
    vec![pair.second(SECOND, "1"), plain("start"), plain("apart"), plain("here"), lines, simple("1", "start", &[insert("lines", &row), insert("here", &row)])]
}

/// Which of the two commits is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Home,
    Other,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_cut_is_settled_at_home_and_repeated_where_that_was_not_kept() {
    for server in Server::ALL {
        // How often the other data source was written in the end: once more where it had been committed and the home had not.
        for (of, cut, lines) in [(Of::Home, Cut::Before, 2), (Of::Home, Cut::AnswerLost, 1), (Of::Other, Cut::Before, 1), (Of::Other, Cut::AnswerLost, 2)] {
            let Some(url) = server.fresh().await else { continue };
            let folder = tempfile::tempdir().unwrap();
            let (proxy, through) = Proxy::to(&url).await;
            let file = format!("sqlite://{}/beside.db", folder.path().display());
            let (pair, direct) = match of {
                Of::Home => (
                    Pair { name: "through a proxy", default_url: through, second_url: file.clone() },
                    Pair { name: "direct", default_url: url, second_url: file },
                ),
                Of::Other => (
                    Pair { name: "through a proxy", default_url: file.clone(), second_url: through },
                    Pair { name: "direct", default_url: file, second_url: url },
                ),
            };
            let node = pair.open(folder.path(), "pipeline").await;
            apply(&node, &definitions(&pair)).await;
            let token = token(&node, "imma-admin").await;
            proxy.cut(cut, if of == Of::Home { "topic_here" } else { "topic_lines" }, "COMMIT");
            let answer = fire(&node, &token, "x", Some("key")).await.unwrap();
            assert_eq!((answer.status, proxy.cuts()), ("DONE", 1), "{server:?} {of:?} {cut:?}");
            let [first, second] = direct.stores();
            let found = [count(&first, "topic_start").await, count(&first, "topic_here").await, count(&second, "topic_lines").await];
            assert_eq!(found, [1, 1, lines], "{server:?} {of:?} {cut:?}");
            assert!(fire(&node, &token, "x", Some("key")).await.unwrap().replayed);
            node.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_source_that_is_away_fails_what_needs_it_and_nothing_else() {
    for server in Server::ALL {
        let Some(url) = server.fresh().await else { continue };
        let folder = tempfile::tempdir().unwrap();
        let (proxy, second_url) = Proxy::to(&url).await;
        let pair = Pair { name: "away", default_url: format!("sqlite://{}/default.db", folder.path().display()), second_url };
        let node = pair.open(folder.path(), "pipeline").await;
        apply(&node, &definitions(&pair)).await;
        let token = token(&node, "imma-admin").await;
        assert_eq!(fire(&node, &token, "x", None).await.unwrap().status, "DONE");
        drop(proxy);
        let began = Instant::now();
        let error = fire(&node, &token, "y", Some("y")).await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
        assert_eq!((error.code(), error.class()), ("storage-connection-failed", ErrorClass::Retry), "{error}");
        assert!(error.to_string().contains("data source \"200\""), "{error}");
        let [first, _] = pair.stores();
        assert_eq!((count(&first, "topic_start").await, count(&first, "topic_here").await), (1, 1));
        let document = json!({"code": "apart", "data": {"k": "z"}});
        assert_eq!(Fire::new(Arc::clone(&node)).fire(delivery(&document, None), Some(&token)).await.unwrap().status, "DONE");
        node.close().await.unwrap();
    }
}
