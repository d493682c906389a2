//! HTTP requests in events, and their answers (surface.md §15.2.9).

use serde_json::json;

use super::super::http::{HttpForm, answer};
use super::samples::*;
use super::told;

#[test]
fn requests_of_every_platform_are_one_request() {
    assert_eq!(told(&json!([]), PAYLOAD_1), ["http [-] POST /pipeline/data?strict=true&a%20b=c%26d Content-Type=application/json,X-A=1,X-A=2 {}"]);
    assert_eq!(told(&json!([]), PAYLOAD_2), ["http [-] POST /pipeline/data?strict=true content-type=application/json,cookie=a=1; b=2 "]);
    assert_eq!(told(&json!([]), FUNCTION_COMPUTE_HTTP), ["http [-] GET /health?a=1 Accept=*/* "]);
    assert_eq!(
        told(&json!([]), AZURE_HTTP),
        [r#"http [-] POST /api/pipeline/data?strict=true Content-Type=application/json,Authorization=pat x {"code":"raw_order","data":{}}"#]
    );
    // a load balancer sends queries as they were encoded
    let balanced =
        r#"{"httpMethod": "GET", "path": "/x", "requestContext": {"elb": {}}, "queryStringParameters": {"a%20b": "c%26"}, "headers": null, "body": null}"#;
    assert_eq!(told(&json!([]), balanced), ["http [-] GET /x?a%20b=c%26  "]);
    assert!(told(&json!([]), PAYLOAD_1.replace("e30=", "?"))[0].contains("error failed to read the event at body: it is no base64"));
}

#[test]
fn answers_have_the_form_of_their_platform() {
    let headers = [("content-type", "application/json"), ("set-cookie", "a=1"), ("set-cookie", "b=2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let two = answer(HttpForm::Payload2, 200, &headers, b"{}");
    assert_eq!(two["body"], "{}");
    assert_eq!(two["cookies"], json!(["a=1", "b=2"]));
    assert_eq!(two["headers"], json!({"content-type": "application/json"}));
    let one = answer(HttpForm::Payload1, 404, &headers, &[0xff]);
    assert_eq!((&one["body"], &one["isBase64Encoded"]), (&json!("/w=="), &json!(true)));
    assert_eq!(one["multiValueHeaders"]["set-cookie"], json!(["a=1", "b=2"]));
    assert_eq!(answer(HttpForm::LoadBalancer { multi_value: false }, 200, &[], b"")["statusDescription"], "200 OK");
    let azure = answer(HttpForm::Azure, 200, &headers, b"{}");
    assert_eq!((&azure["Outputs"]["res"]["body"], &azure["ReturnValue"]), (&json!("{}"), &json!(null)));
}
