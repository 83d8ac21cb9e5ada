//! Tools that a spec says, from its sources on: compiled, served by the gateway's process, asked of stand-ins that
//! check what comes.

use crate::emitted;
use crate::place::{Gateway, Place, raw};
use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::{self, Body};
use pure_agent_tests::canary::canary;
use pure_agent_tests::sources::repository;
use pure_agent_tests::world::World;
use serde_json::{Value, json};

/// A place whose agent has the tools of a golden case, and whose credential is one of the place's own.
fn place(world: &World, case: &str, auth: &str) -> Place {
    let sources = repository().join("golden/cases").join(case);
    let compiled: Value = serde_json::from_str(&emitted::contract_of(&sources)).unwrap();
    Place::within(world, |contract| {
        contract["servers"] = compiled["servers"].clone();
        for server in contract["servers"].as_array_mut().unwrap() {
            if server.get("auth").is_some() {
                server["auth"] = json!(auth);
            }
        }
        let mut tools = compiled["agents"][0]["tools"].clone();
        for tool in tools.as_array_mut().unwrap() {
            // Whether a person is asked is another test's.
            tool.as_object_mut().unwrap().remove("approval");
        }
        contract["agents"][0]["tools"] = tools;
        for secret in contract["secrets"].as_array().unwrap() {
            if secret["name"] == "s3" {
                let pair = format!("AKID:{}", canary("s3"));
                std::fs::write(secret["path"].as_str().unwrap(), pair).unwrap();
            }
        }
    })
}

/// What a tool answers, or the text of its error.
fn call(gateway: &Gateway, bearer: &str, name: &str, arguments: Value) -> Result<Value, String> {
    let params = json!({"name": name, "arguments": arguments});
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let body = call.to_string();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nAuthorization: Bearer {bearer}\r\n\
         Content-Type: application/json\r\nAccept: application/json\r\n\
         MCP-Protocol-Version: 2025-11-25\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (status, text) = raw(&gateway.agent, request.as_bytes());
    assert_eq!(status, 200, "{text}");
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let result = &answer["result"];
    match result["isError"] == true {
        true => Err(result["content"][0]["text"].as_str().unwrap().to_owned()),
        false => Ok(result["structuredContent"].clone()),
    }
}

fn answer(status: u16, value: &Value) -> Response<Body> {
    let response = Response::builder().status(status);
    let response = response.header("content-type", "application/json");
    response.body(body::whole(value.to_string())).unwrap()
}

#[test]
fn s2_31_tools_of_services_need_no_process_of_their_own() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let balancer = world.serve_plain("load-balancer.titanium-local.svc", 7100, |asked| {
        assert!(asked.headers().get("authorization").is_none());
        match asked.uri().to_string().as_str() {
            "/stats" => answer(
                200,
                &json!({"auth": {"state": "up"}, "load-balancer": {"rate": 3}}),
            ),
            "/lb-health" => answer(200, &json!({"status": "ok"})),
            uri => panic!("{uri}"),
        }
    });
    let _auth = world.serve_plain("auth.titanium-local.svc", 7102, |asked| {
        assert_eq!(asked.uri(), "/health");
        answer(503, &json!({"status": "down"}))
    });
    let bearer_of_service = format!("Bearer {}", canary("linear"));
    let tickets = world.serve("tickets.example.com", move |asked: &Request<Bytes>| {
        assert_eq!(asked.headers()["authorization"], bearer_of_service.as_str());
        let body: Value = serde_json::from_slice(asked.body()).unwrap_or(Value::Null);
        answer(
            201,
            &json!([asked.method().as_str(), asked.uri().to_string(), body]),
        )
    });
    let place = place(&world, "typed-tools", "linear");
    let gateway = place.gateway_in(&world);
    let bearer = place.start(&gateway, "0").1.expect("a bearer");
    let call = |name: &str, arguments: Value| call(&gateway, &bearer, name, arguments);
    let status = call("get_service_status", json!({"service_name": "auth"})).unwrap();
    assert_eq!(status["answer"], json!({"state": "up"}));
    let traffic = call("get_traffic_metrics", json!({})).unwrap();
    assert_eq!(traffic["answer"], json!({"rate": 3}));
    let health = call("check_health", json!({"service_name": "load-balancer"})).unwrap();
    assert_eq!(health["answer"], json!({"status": "ok"}));
    let down = call("check_health", json!({"service_name": "auth"})).unwrap_err();
    assert!(down.contains("status 503"), "{down}");
    // This one is nowhere.
    let gone = call("check_health", json!({"service_name": "user_service"})).unwrap_err();
    assert!(gone.starts_with("resolve"), "{gone}");
    let listed = call("list_tickets", json!({"most": 5})).unwrap();
    let url = "/api/v2/queues/operations/tickets?most=5";
    assert_eq!(listed["answer"], json!(["GET", url, null]));
    let opened = call(
        "open_ticket",
        json!({"queue": "network", "title": "a\r\nb"}),
    )
    .unwrap();
    let body = json!({"title": "a\r\nb", "urgent": "no"});
    let url = "/api/v2/queues/network/tickets";
    assert_eq!(opened["answer"], json!(["POST", url, body]));
    let bound = call("list_tickets", json!({"queue": "network"})).unwrap_err();
    assert!(bound.starts_with("tool-bound"), "{bound}");
    let refused = call("open_ticket", json!({"queue": "../admin", "title": "x"})).unwrap_err();
    assert!(refused.starts_with("tool-arguments"), "{refused}");
    assert_eq!((balancer.asked().len(), tickets.asked().len()), (3, 2));
}

#[test]
fn s0_20_files_of_months_reach_the_agent_by_the_gateway() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let host = "market-data.s3.ap-northeast-2.amazonaws.com";
    let key = "gold/exchange_rates/year=2026/month=3/usd.csv";
    let bucket = world.serve(host, move |asked| {
        let signed = asked.headers()["authorization"].to_str().unwrap();
        let start = "AWS4-HMAC-SHA256 Credential=AKID/";
        assert!(signed.starts_with(start), "{signed}");
        assert!(
            signed.contains("/ap-northeast-2/s3/aws4_request"),
            "{signed}"
        );
        match asked.uri().path() {
            "/" => {
                let query = asked.uri().query().unwrap();
                let prefix = "prefix=gold%2Fexchange_rates%2Fyear%3D2026%2Fmonth%3D3%2F";
                assert!(query.contains(prefix), "{query}");
                let list = format!(
                    "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>{}</Key>\
                     <ETag>&quot;0a1b&quot;</ETag><Size>9</Size></Contents></ListBucketResult>",
                    key.replace('=', "%3D")
                );
                Response::new(body::whole(list))
            }
            path => {
                assert_eq!(path, format!("/{}", key.replace('=', "%3D")));
                assert_eq!(asked.headers()["if-match"], "\"0a1b\"");
                Response::new(body::whole("usd,1.234"))
            }
        }
    });
    let place = place(&world, "exchange-rates", "s3");
    let gateway = place.gateway_in(&world);
    let bearer = place.start(&gateway, "0").1.expect("a bearer");
    let arguments = json!({"date": "2026-03-14"});
    let given = call(&gateway, &bearer, "get_exchange_rates", arguments).unwrap();
    assert_eq!(
        (&given["count"], &given["files"][0]["key"]),
        (&json!(1), &json!(key))
    );
    let url = given["files"][0]["url"].as_str().unwrap();
    let get = |gateway: &Gateway, url: &str| {
        let mut curl = world.client(&gateway.agent, "curl");
        let header = format!("Authorization: Bearer {bearer}");
        curl.args([
            "--silent",
            "--fail",
            "--max-time",
            "10",
            "--header",
            &header,
            url,
        ]);
        curl.output().unwrap()
    };
    let done = get(&gateway, url);
    assert_eq!(
        String::from_utf8_lossy(&done.stdout),
        "usd,1.234",
        "{done:?}"
    );
    let other = url.replace("/files/rates/", "/files/rates/0");
    assert!(!get(&gateway, &other).status.success());
    assert_eq!(bucket.asked().len(), 2);
    // The proof of an address outlives the process that gave it.
    drop(gateway);
    let gateway = place.gateway_in(&world);
    assert_eq!(get(&gateway, url).stdout, b"usd,1.234");
}
