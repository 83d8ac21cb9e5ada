//! The temperature of the contract: it goes upstream whatever an agent asks, in every protocol.

use super::{CHAT, COUNT, EMBEDDINGS, MESSAGES, RESPONSES, Read, agent, models};
use crate::contract::{Model, Provider};
use crate::model::gemini;
use serde_json::{Value, json};

fn at(thousandths: Option<u16>) -> Vec<Model> {
    let mut models = models();
    for model in &mut models {
        model.temperature = thousandths;
    }
    models
}

/// What goes upstream of `body`, with the temperature that is asked, by a model of so many thousandths.
fn upstream(read: Read, body: &Value, asked: Option<Value>, thousandths: Option<u16>) -> String {
    let mut body = body.clone();
    if let Some(asked) = asked {
        body["temperature"] = asked;
    }
    let request = read(body.to_string().as_bytes(), &at(thousandths), &agent()).unwrap();
    String::from_utf8(request.body).unwrap()
}

fn requests() -> [(Read, Value); 4] {
    let chat = |model: &str| json!({"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "a"}]});
    [
        (MESSAGES, chat("main")),
        (CHAT, chat("gpt")),
        (CHAT, chat("local")),
        (
            RESPONSES,
            json!({"model": "gpt", "max_output_tokens": 9, "input": "a"}),
        ),
    ]
}

#[test]
fn s4_18_the_temperature_of_the_contract_goes_upstream_whatever_is_asked() {
    for (read, body) in requests() {
        for asked in [None, Some(json!(1)), Some(json!(0.9)), Some(Value::Null)] {
            let sent = upstream(read, &body, asked.clone(), Some(300));
            assert_eq!(
                sent.matches("temperature").count(),
                1,
                "{asked:?} in {sent}"
            );
            assert!(sent.contains("\"temperature\":0.3"), "{asked:?} in {sent}");
        }
    }
}

#[test]
fn without_one_what_is_asked_stays() {
    for (read, body) in requests() {
        assert!(!upstream(read, &body, None, None).contains("temperature"));
        let sent = upstream(read, &body, Some(json!(0.9)), None);
        assert!(sent.contains("\"temperature\":0.9"), "{sent}");
    }
}

#[test]
fn every_thousandth_is_written_as_its_decimals() {
    let (read, body) = &requests()[0];
    for thousandths in 0..=2_000_u16 {
        let sent = upstream(*read, body, None, Some(thousandths));
        let sent: Value = serde_json::from_str(&sent).unwrap();
        let decimals = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
        assert_eq!(sent["temperature"], decimals.parse::<f64>().unwrap());
        let shown = sent["temperature"].to_string();
        assert!(shown.len() <= decimals.len(), "{shown} for {decimals}");
    }
}

#[test]
fn what_is_asked_must_be_a_number_all_the_same() {
    for (read, mut body) in requests() {
        body["temperature"] = json!("0.3");
        let refused = read(body.to_string().as_bytes(), &at(Some(300)), &agent()).unwrap_err();
        assert_eq!(refused.rule(), "wrong-type");
    }
}

#[test]
fn where_nothing_is_drawn_there_is_none() {
    let count = json!({"model": "main", "messages": [{"role": "user", "content": "a"}]});
    assert!(!upstream(COUNT, &count, None, Some(300)).contains("temperature"));
    let embeddings = json!({"model": "gpt", "input": "a"});
    assert!(!upstream(EMBEDDINGS, &embeddings, None, Some(300)).contains("temperature"));
}

#[test]
fn gemini_has_it_in_its_configuration() {
    let mut models = at(Some(1_250));
    for model in &mut models {
        model.provider = Provider::Gemini;
        model.id = "gemini-3-flash".to_owned();
    }
    let contents = json!([{"role": "user", "parts": [{"text": "a"}]}]);
    for body in [
        json!({"contents": contents, "generationConfig": {"maxOutputTokens": 9}}),
        json!({"contents": contents, "generationConfig": {"maxOutputTokens": 9, "temperature": 2}}),
    ] {
        let request = gemini::generate("main", body.to_string().as_bytes(), &models, &agent());
        let sent: Value = serde_json::from_slice(&request.unwrap().body).unwrap();
        assert_eq!(sent["generationConfig"]["temperature"], 1.25);
        assert_eq!(sent["temperature"], Value::Null);
    }
}
