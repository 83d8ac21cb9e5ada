use super::*;
use crate::plan::testing::{BASE, FULL, NIGHTLY, edited, plan};

fn usd(micros: u64) -> Option<Money> {
    Some(Money {
        micros,
        currency: "USD".to_owned(),
    })
}

#[test]
fn the_smallest_run_by_hand() {
    let worst = plan(BASE).worst;
    // 3 cycles of agent and router, gateway, pack, export: 9 pods; 13 launchers, each thrice at most.
    assert_eq!(worst.pods, 9 + 13 * 3);
    // Gateway, agent, its launcher, the launcher of the cleanup.
    assert_eq!(worst.pods_at_once, 4);
    // Serving 660, deadline 3600, agent 900 + 300 + 300, router 420, pack 200 + 300, export 400 + 60 + 300,
    // taking away a lost agent 300, waits of 60 between them, then cleanup 300 and its wait 60.
    assert_eq!(
        worst.wall_time,
        660 + 3600 + 1500 + 60 + 360 + 420 + 60 + 500 + 60 + 760 + 60 + 360
    );
    assert_eq!(worst.tokens, 500_000);
    assert_eq!(worst.cost, None, "no limit and no price");
    assert_eq!(worst.runs_per_day, None);
    assert_eq!(worst.tokens_per_day, None);
}

#[test]
fn the_full_run_by_hand() {
    let worst = plan(FULL).worst;
    // 12 cycles, repeats included: 24, gateway, one image server, pack, export: 28; 41 launchers.
    assert_eq!(worst.pods, 28 + 41 * 3);
    // Gateway, server, agent, its launcher, the launcher of the cleanup.
    assert_eq!(worst.pods_at_once, 5);
    // As above with two rounds of serving, 5 hours and cycles of 30 minutes.
    assert_eq!(
        worst.wall_time,
        1320 + 18_000 + 2400 + 60 + 360 + 420 + 60 + 500 + 60 + 760 + 60 + 360
    );
    assert_eq!(
        worst.tokens, 3_500_000,
        "the agent's bound is tighter than the run's"
    );
    assert_eq!(
        worst.cost,
        usd(25_000_000),
        "3.5 million tokens at 75 USD would be 262.50 USD"
    );
}

#[test]
fn tokens_at_the_dearest_price_bound_the_cost_where_nothing_else_does() {
    let worst = edited(FULL, &[("        cost \"25 USD\"\n", "")]).worst;
    assert_eq!(worst.cost, usd(262_500_000));
    let worst = edited(FULL, &[("cost \"25 USD\"", "cost \"300 USD\"")]).worst;
    assert_eq!(
        worst.cost,
        usd(262_500_000),
        "a limit that cannot be reached bounds nothing"
    );
    let of_agent = edited(FULL, &[("tokens 3_500_000", "cost \"7.25 USD\"")]).worst;
    assert_eq!(of_agent.cost, usd(7_250_000));
}

#[test]
fn a_model_without_a_price_leaves_the_cost_open() {
    let free = [
        ("        cost \"25 USD\"\n", ""),
        ("    model \"haiku\"\n", "    model \"unused\"\n"),
    ];
    assert_eq!(edited(FULL, &free).worst.cost, None);
}

#[test]
fn prices_in_two_currencies_have_no_sum() {
    let mut plan = edited(FULL, &[("        cost \"25 USD\"\n", "")]);
    plan.models[0].price.as_mut().unwrap().currency = "EUR".to_owned();
    assert_eq!(worst_case(&plan).cost, None);
}

#[test]
fn a_schedule_multiplies() {
    let worst = plan(NIGHTLY).worst;
    assert_eq!(worst.runs_per_day, Some(2));
    assert_eq!(worst.tokens_per_day, Some(1_000_000));
    assert_eq!(worst.cost_per_day, None);
    let mut priced = plan(FULL);
    priced.schedule = plan(NIGHTLY).schedule;
    assert_eq!(worst_case(&priced).cost_per_day, usd(50_000_000));
}

#[test]
fn many_image_servers_start_together() {
    let mut plan = plan(FULL);
    let server = plan.servers[0].clone();
    assert!(server.pod.is_some());
    plan.servers = vec![server; 7];
    let worst = worst_case(&plan);
    assert_eq!(
        worst.pods_at_once, 15,
        "7 servers, 7 launchers, the cleanup"
    );
    assert_eq!(worst.pods, 34 + 47 * 3);
}

#[test]
fn cycles_stop_at_fifty() {
    let mut plan = plan(BASE);
    plan.limits.depth = 50;
    plan.retry.infrastructure = 20;
    assert_eq!(worst_case(&plan).pods, 103 + 154 * 3);
}

#[test]
fn nothing_overflows() {
    let mut plan = plan(FULL);
    plan.limits.deadline = u64::MAX;
    plan.limits.cycle = u64::MAX;
    plan.limits.export = u64::MAX;
    plan.limits.tokens = u64::MAX;
    plan.limits.cost = None;
    plan.agents[0].contract.limits.tokens = None;
    plan.retry.infrastructure = u32::MAX;
    let price = plan.models[0].price.as_mut().unwrap();
    (price.input, price.output, price.per) = (u64::MAX, u64::MAX, 0);
    plan.schedule = Some(crate::plan::testing::plan(NIGHTLY).schedule.unwrap());
    plan.schedule.as_mut().unwrap().per_day = u32::MAX;
    let worst = worst_case(&plan);
    assert_eq!(worst.wall_time, MOST);
    assert_eq!(worst.tokens, MOST);
    assert_eq!(worst.tokens_per_day, Some(MOST));
    assert_eq!(worst.cost, usd(MOST));
    assert_eq!(worst.cost_per_day, usd(MOST));
}

#[test]
fn wider_limits_never_make_the_worst_case_smaller() {
    let small = plan(BASE);
    let before = small.worst.clone();
    let wider: [fn(&mut Plan); 5] = [
        |p| p.limits.depth += 1,
        |p| p.limits.deadline += 60,
        |p| p.limits.cycle += 60,
        |p| p.limits.export += 60,
        |p| p.retry.infrastructure += 1,
    ];
    for widen in wider {
        let mut plan = small.clone();
        widen(&mut plan);
        let after = worst_case(&plan);
        assert!(after.pods > before.pods || after.wall_time > before.wall_time);
        assert!(after.pods >= before.pods && after.wall_time >= before.wall_time);
    }
}

/// A run starts one agent: the worst case is that of the worst of them, with the choice.
#[test]
fn s4_34_the_worst_agent_and_the_choice_bound_a_routed_run() {
    let mut plan = crate::emit::testing::routed();
    plan.limits.tokens = 4_000_000;
    for (agent, tokens) in plan.agents.iter_mut().zip([300_000, 700_000, 200_000]) {
        agent.contract.limits.tokens = Some(tokens);
    }
    let worst = worst_case(&plan);
    assert_eq!(worst.tokens, 700_000 + 50_000);
    let mut single = plan.clone();
    single.flow = Flow::Single {
        agent: "coder".to_owned(),
    };
    let without = worst_case(&single);
    // The pod of the choice and its launcher, thrice at most.
    assert_eq!(worst.pods, without.pods + 1 + 3);
    assert_eq!(worst.pods_at_once, without.pods_at_once);
    // Its launcher: 60 of the choice, 120 beyond, 300 until it is on a node; and the wait before the next step.
    assert_eq!(worst.wall_time, without.wall_time + 60 + 120 + 300 + 60);
    // One agent without a bound, and only the run's is left.
    plan.agents[2].contract.limits.tokens = None;
    assert_eq!(worst_case(&plan).tokens, 4_000_000);
}
