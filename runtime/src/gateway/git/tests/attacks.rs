use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_tool_gave_is_served() {
    let scene = scene().await;
    let refs =
        |repository: &str| format!("GET /git/{repository}/info/refs?service=git-upload-pack");
    let early = scene
        .refused(&refs("github.com/dlddu/demo"), &[], b"")
        .await;
    assert_eq!(early, (403, "git-clone".to_owned()));
    for (arguments, word) in [
        (
            json!({"repository": "github.com/other/demo"}),
            "git-repository",
        ),
        (
            json!({"repository": "github.com/DLDDU/demo"}),
            "git-repository",
        ),
        (
            json!({"repository": "evil.example.com/dlddu/demo"}),
            "git-repository",
        ),
        (
            json!({"repository": "github.com/dlddu/../other"}),
            "git-repository",
        ),
        (
            json!({"repository": "dlddu@github.com/dlddu/demo"}),
            "git-repository",
        ),
        (
            json!({"repository": "github.com/dlddu/gone"}),
            "git-unreadable",
        ),
        (
            json!({"repository": "github.com/dlddu/demo", "branch": "none"}),
            "git-branch",
        ),
        (
            json!({"repository": "github.com/dlddu/demo", "branch": "--exec=x"}),
            "git-branch",
        ),
        (
            json!({"repository": "github.com/dlddu/demo", "depth": 1}),
            "tool-arguments",
        ),
    ] {
        assert_eq!(
            scene.tool(arguments.clone()).await.unwrap_err().rule,
            word,
            "{arguments}"
        );
    }
    scene
        .tool(json!({"repository": "github.com/dlddu/demo", "branch": "main"}))
        .await
        .unwrap();
    assert_eq!(
        scene
            .running
            .ask(&refs("github.com/dlddu/demo"), &[], b"")
            .await
            .0,
        200
    );
    let before = scene.upstream.asked().len();
    for (what, status, word) in [
        (refs("github.com/dlddu/other"), 403, "git-clone"),
        (refs("github.com/dlddu/Demo"), 403, "git-clone"),
        (refs("github.com/dlddu/demo.git.git"), 404, "path"),
        (refs("github.com/dlddu/%64emo"), 400, "http-target"),
        (refs("github.com/dlddu/x/../demo"), 400, "http-target"),
        (refs("user@github.com/dlddu/demo"), 404, "path"),
        (refs("github.com:443/dlddu/demo"), 404, "path"),
        ("GET /git/github.com/dlddu/demo/info/refs?service=git-receive-pack".to_owned(), 403, "git-push"),
        ("GET /git/github.com/dlddu/demo/info/refs?service=git-upload-pack&service=git-receive-pack".to_owned(), 403,
            "git-push"),
        ("GET /git/github.com/dlddu/demo/info/refs?service=git-upload-pack&x=y".to_owned(), 404, "path"),
        ("GET /git/github.com/dlddu/demo/info/refs".to_owned(), 404, "path"),
        ("GET /git/github.com/dlddu/demo/HEAD".to_owned(), 404, "path"),
        ("POST /git/github.com/dlddu/demo/git-receive-pack".to_owned(), 403, "git-push"),
        ("POST /git/github.com/dlddu/demo/git-upload-archive".to_owned(), 404, "path"),
        ("DELETE /git/github.com/dlddu/demo/info/refs?service=git-upload-pack".to_owned(), 404, "path"),
    ] {
        assert_eq!(scene.refused(&what, &[], b"").await, (status, word.to_owned()), "{what}");
    }
    assert_eq!(scene.upstream.asked().len(), before);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_read_before_they_go_on() {
    let scene = scene().await;
    scene
        .tool(json!({"repository": "github.com/dlddu/demo"}))
        .await
        .unwrap();
    let what = "POST /git/github.com/dlddu/demo/git-upload-pack";
    let second = "Git-Protocol: version=2";
    let list = b"0014command=ls-refs\n0000";
    let (status, head, _) = scene
        .running
        .ask(what, &[ASKS, second, "X-Evil: 1"], list)
        .await;
    assert_eq!(status, 200, "{head}");
    let encoded = scene
        .running
        .ask(what, &[ASKS, second, "Content-Encoding: gzip"], &gzip(list))
        .await;
    assert_eq!(encoded.0, 200);
    let before = scene.upstream.asked().len();
    let bomb = gzip(&vec![b'0'; 64 << 20]);
    assert!(bomb.len() < 100_000);
    for (lines, sent, status, word) in [
        (vec![ASKS, second], &b"0000"[..], 403, "git-request"),
        (
            vec![ASKS, second],
            b"0015command=push-refs\n0000",
            403,
            "git-request",
        ),
        (vec![ASKS], list, 403, "git-request"),
        (vec![second], list, 403, "git-request"),
        (
            vec![ASKS, "Git-Protocol: version=2:version=1"],
            list,
            403,
            "git-protocol",
        ),
        (vec![ASKS, second, second], list, 403, "git-protocol"),
        (
            vec![ASKS, second, "Content-Encoding: br"],
            list,
            403,
            "git-request",
        ),
        (
            vec![ASKS, second, "Content-Encoding: gzip"],
            list,
            403,
            "git-request",
        ),
        (
            vec![ASKS, second, "Content-Encoding: gzip"],
            &bomb,
            413,
            "body-length",
        ),
    ] {
        assert_eq!(
            scene.refused(what, &lines, sent).await,
            (status, word.to_owned()),
            "{lines:?}"
        );
    }
    assert_eq!(scene.upstream.asked().len(), before);
}

/// A host that leads elsewhere, or answers with a page, is not followed and not passed on.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_no_git_is_refused() {
    let tip = "003d0123456789abcdef0123456789abcdef01234567 refs/heads/main\n0000";
    let upstream = Upstream::start(move |request: &Request<Bytes>| {
        if request.uri().path().ends_with("/git-upload-pack") {
            let answer = Response::builder().header("content-type", ANSWERS);
            return answer.body(body::whole(tip)).unwrap();
        }
        let (status, kind) = match request.uri().path().split('/').nth(2).unwrap() {
            "moved.git" => (301, LISTS),
            "page.git" => (200, "text/html"),
            "down.git" => (500, LISTS),
            _ => (401, LISTS),
        };
        let answer = Response::builder()
            .status(status)
            .header("content-type", kind);
        let answer = answer
            .header("location", "https://evil.example.com/")
            .header("set-cookie", "a=b");
        answer.body(body::whole("secret-of-upstream")).unwrap()
    })
    .await;
    let running = running(web(&[("github.com", &upstream)]), |_| ()).await;
    for (name, word) in [
        ("moved", "redirect"),
        ("page", "git-answer"),
        ("down", "git-answer"),
        ("x", "git-unreadable"),
    ] {
        let Value::Object(arguments) =
            json!({"repository": format!("github.com/dlddu/{name}"), "branch": "main"})
        else {
            panic!("no object");
        };
        let call = Call {
            server: "git",
            tool: "clone",
            arguments,
            cycle: 0,
        };
        running.gateway.tools.call(call).await.unwrap();
        let what = format!("GET /git/github.com/dlddu/{name}/info/refs?service=git-upload-pack");
        let (status, head, body) = running.ask(&what, &[], b"").await;
        let body = String::from_utf8(body).unwrap();
        assert!(
            status == 502 && body.contains(word),
            "{name}: {status} {body}"
        );
        assert!(!body.contains("secret-of-upstream") && !head.contains("cookie"));
    }
}
