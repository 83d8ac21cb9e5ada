//! Bytes, idleness and time.

use super::*;

#[tokio::test]
async fn the_byte_bound_is_exact_both_ways_together() {
    let hello = greeting(NAME);
    let size = hello.len() as u64;
    for (more, up, down, end) in [
        (0, 0, 0, End::Closed),
        (0, 1, 0, End::Bytes),
        (0, 0, 1, End::Bytes),
        (1000, 1000, 0, End::Closed),
        (1000, 1001, 0, End::Bytes),
        (1000, 0, 1000, End::Closed),
        (1000, 0, 1001, End::Bytes),
        (50_000, 50_001, 0, End::Bytes),
        (50_000, 0, 70_000, End::Bytes),
        (50_000, 25_000, 25_000, End::Closed),
        (50_000, 25_000, 25_001, End::Bytes),
    ] {
        let budget = Budget::new(size + more);
        let mut run = Run::start(&hello, bounds(&[&budget])).await;
        let mut upstream = run.upstream(&hello).await;
        let (said, answer) = (data(up), vec![2; down]);
        let mut seen = vec![0; up];
        run.client.write_all(&said).await.unwrap_or_default();
        run.client.shutdown().await.unwrap_or_default();
        let got_up = if end == End::Closed || down > 0 {
            upstream.read_exact(&mut seen).await.unwrap()
        } else {
            rest(&mut upstream).await.len()
        };
        let write = async {
            upstream.write_all(&answer).await.unwrap_or_default();
            upstream.shutdown().await.unwrap_or_default();
        };
        let ((), got_down) = tokio::join!(write, rest(&mut run.client));
        let outcome = run.task.await.unwrap();
        assert_eq!(outcome.end, end, "{more} {up} {down}");
        assert_eq!(
            (outcome.up, outcome.down),
            (size + got_up as u64, got_down.len() as u64)
        );
        let passed = outcome.up + outcome.down;
        assert_eq!(
            passed,
            (size + (up + down) as u64).min(size + more),
            "{more} {up} {down}"
        );
        assert_eq!(budget.left(), size + more - passed);
    }
}

#[tokio::test]
async fn a_hello_above_the_bound_is_not_given_whole() {
    let hello = greeting(NAME);
    for (budgets, most) in [
        (vec![], 0),
        (vec![Budget::new(0)], 0),
        (vec![Budget::new(10)], 10),
        (vec![Budget::new(10_000), Budget::new(10)], 10),
        (vec![Budget::new(10), Budget::new(10_000)], 10),
    ] {
        let total: u64 = budgets.iter().map(|b| b.left()).sum();
        let run = Run::start(&hello, bounds(&budgets.iter().collect::<Vec<_>>())).await;
        let (mut upstream, _) = run.listener.accept().await.unwrap();
        assert_eq!(rest(&mut upstream).await.len() as u64, most);
        let outcome = run.task.await.unwrap();
        assert_eq!(
            outcome,
            Outcome {
                up: most,
                down: 0,
                end: End::Bytes
            }
        );
        // Of every budget just what went through is used.
        let left: u64 = budgets.iter().map(|b| b.left()).sum();
        assert_eq!(left, total - most * budgets.len() as u64);
    }
}

#[tokio::test]
async fn tunnels_that_share_a_budget_use_it_together() {
    let hello = greeting(NAME);
    let size = hello.len() as u64;
    let budget = Budget::new(size * 4 + 100_000);
    let mut runs = Vec::new();
    for _ in 0..4 {
        let run = Run::start(&hello, bounds(&[&budget])).await;
        let mut upstream = run.upstream(&hello).await;
        tokio::spawn(async move {
            // More than there is.
            upstream.write_all(&[0; 60_000]).await.unwrap_or_default();
        });
        runs.push(run);
    }
    let mut passed = 0;
    let mut clients = Vec::new();
    for mut run in runs {
        clients.push(tokio::spawn(async move {
            (rest(&mut run.client).await.len(), run.task)
        }));
    }
    for client in clients {
        let (seen, task) = client.await.unwrap();
        let outcome = task.await.unwrap();
        assert_eq!(outcome.down, seen as u64);
        passed += outcome.up + outcome.down;
    }
    assert!(passed <= size * 4 + 100_000);
    assert_eq!(budget.left(), 0);
}

#[tokio::test]
async fn a_stalled_side_ends_the_tunnel() {
    let hello = greeting(NAME);
    // Nobody says anything.
    let run = Run::start(&hello, bounds(&[&Budget::new(1 << 30)])).await;
    let upstream = run.upstream(&hello).await;
    let outcome = run.task.await.unwrap();
    assert_eq!(
        outcome,
        Outcome {
            up: hello.len() as u64,
            down: 0,
            end: End::Idle
        }
    );
    drop(upstream);

    // The host does not read, and the client goes on writing: no byte is delivered once all buffers are full.
    let mut run = Run::start(&hello, bounds(&[&Budget::new(1 << 30)])).await;
    let upstream = run.upstream(&hello).await;
    let flood = data(64 << 20);
    run.client.write_all(&flood).await.unwrap_err();
    let outcome = run.task.await.unwrap();
    assert_eq!(outcome.end, End::Idle);
    assert!(outcome.up < (hello.len() + flood.len()) as u64);
    drop(upstream);

    // The client does not read, and the host goes on writing.
    let run = Run::start(&hello, bounds(&[&Budget::new(1 << 30)])).await;
    let mut upstream = run.upstream(&hello).await;
    tokio::spawn(async move { upstream.write_all(&vec![0; 32 << 20]).await });
    let outcome = run.task.await.unwrap();
    assert_eq!((outcome.end, outcome.down), (End::Idle, 4096));
    drop(run.client);
}

#[tokio::test]
async fn a_side_that_does_not_read_does_not_hold_up_the_other_way() {
    let hello = greeting(NAME);
    let mut run = Run::start(&hello, bounds(&[&Budget::new(1 << 30)])).await;
    let mut upstream = run.upstream(&hello).await;
    let (mut read, mut write) = upstream.split();
    // The client reads nothing, yet what it says arrives.
    let flood = async { write.write_all(&[0; 1 << 16]).await.unwrap() };
    let ask = async {
        run.client.write_all(&data(10)).await.unwrap();
        let mut seen = [0; 10];
        read.read_exact(&mut seen).await.unwrap();
        assert_eq!(seen, *data(10));
    };
    tokio::join!(flood, ask);
    drop(run.client);
    assert!(matches!(run.task.await.unwrap().end, End::Client(_)));
}

#[tokio::test]
async fn the_deadline_ends_a_tunnel_that_is_busy() {
    let hello = greeting(NAME);
    let mut bounds = bounds(&[&Budget::new(1 << 30)]);
    bounds.deadline = Duration::from_millis(300);
    let mut run = Run::start(&hello, bounds).await;
    let mut upstream = run.upstream(&hello).await;
    let start = Instant::now();
    for byte in data(500) {
        if run.client.write_all(&[byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let outcome = run.task.await.unwrap();
    assert_eq!(outcome.end, End::Deadline);
    assert!(start.elapsed() < Duration::from_secs(3));
    let seen = rest(&mut upstream).await.len() as u64;
    assert_eq!(outcome.up, hello.len() as u64 + seen);
}
