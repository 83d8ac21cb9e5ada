//! The WorkflowTemplate: substitutions, references, and deadlines that fit.

use super::*;
use crate::emit::deadlines::{BETWEEN, cycles};
use crate::yaml;
use std::collections::{BTreeMap, BTreeSet};

fn template(plan: &Plan) -> Json {
    of_kind(plan, "WorkflowTemplate").remove(0)
}

fn templates(plan: &Plan) -> BTreeMap<String, Json> {
    let whole = template(plan);
    let list = list(&whole["spec"]["templates"]).to_vec();
    list.into_iter()
        .map(|t| (t["name"].as_str().unwrap().to_owned(), t))
        .collect()
}

fn each_text(value: &Json, see: &mut impl FnMut(&str)) {
    match value {
        Json::String(text) => see(text),
        Json::Array(items) => items.iter().for_each(|item| each_text(item, see)),
        Json::Object(map) => map.iter().for_each(|(key, item)| {
            see(key);
            each_text(item, see);
        }),
        _ => {}
    }
}

/// T11, C2: the grep. It knows the words by itself, not from the code that writes them.
#[test]
fn argo_fills_in_nothing_but_the_closed_list() {
    let plain = [
        "workflow.name",
        "workflow.uid",
        "workflow.parameters.inputs",
        "workflow.parameters.retry-of",
        "inputs.parameters.cycle",
        "inputs.parameters.visit",
        "inputs.parameters.gateway",
        "inputs.parameters.server-search",
        "inputs.parameters.phase",
        "inputs.parameters.exit-code",
        "inputs.parameters.start-code",
        "inputs.parameters.pod-reason",
        "inputs.parameters.end-reason",
        "inputs.parameters.cycles",
        "inputs.parameters.packing",
        "steps.server-search.outputs.parameters.address",
        "steps.gateway.outputs.parameters.gateway",
        "steps.attempt.outputs.parameters.phase",
        "steps.attempt.outputs.parameters.exit-code",
        "steps.attempt.outputs.parameters.start-code",
        "steps.attempt.outputs.parameters.pod-reason",
        "steps.attempt.outputs.parameters.end-reason",
        "steps.agent.outputs.parameters.phase",
        "steps.agent.outputs.parameters.exit-code",
        "steps.agent.outputs.parameters.start-code",
        "steps.agent.outputs.parameters.pod-reason",
        "steps.agent.outputs.parameters.end-reason",
        "steps.router.outputs.parameters.next",
        "steps.step.outputs.parameters.next",
        "steps.route.outputs.parameters.choice",
        "steps.routed.status",
        "steps.cycle.status",
        "steps.pack.status",
    ];
    let mut seen = BTreeSet::new();
    for (_, plan) in plans() {
        for kind in ["WorkflowTemplate", "CronWorkflow"] {
            for object in of_kind(&plan, kind) {
                each_text(&object, &mut |text| {
                    for piece in text.split("{{").skip(1) {
                        let tag = piece.split_once("}}").unwrap().0;
                        assert!(plain.contains(&tag), "{tag}");
                        seen.insert(tag.to_owned());
                    }
                });
            }
        }
    }
    assert_eq!(seen.len(), plain.len(), "a word of the list is not used");
}

/// Whatever field of a plan reaches Argo: a placeholder in it is refused.
#[test]
fn a_placeholder_of_the_author_is_refused() {
    type Attack = fn(&mut Plan, String);
    let attacks: [(&str, Attack); 6] = [
        ("env", |plan, text| {
            drop(plan.agents[0].contract.env.insert("A".into(), text))
        }),
        ("command", |plan, text| {
            plan.agents[0].contract.command.push(text)
        }),
        ("image", |plan, text| plan.agents[0].image = text),
        ("label", |plan, text| {
            drop(plan.labels.insert("a".into(), text))
        }),
        ("server", |plan, text| {
            plan.servers[1].pod.as_mut().unwrap().command.push(text)
        }),
        ("zone", |plan, text| {
            plan.schedule.as_mut().unwrap().timezone = text
        }),
    ];
    let texts = [
        "{{=sprig.getHostByName('x')}}",
        "{{workflow.parameters.x}}",
        "{{",
        "}}",
        "a {{ b",
    ];
    for (place, attack) in attacks {
        for text in texts {
            let mut plan = rich();
            attack(&mut plan, text.to_owned());
            let refused = matches!(emit(&plan), Err(NotEmitted::Placeholder { .. }));
            assert!(refused, "{place}: {text}");
        }
    }
}

/// Text that only the runtime reads goes into the contract as it is, and nowhere near Argo.
#[test]
fn prompts_may_hold_braces() {
    let plan = rich();
    assert!(
        plan.agents[0]
            .contract
            .system
            .as_ref()
            .unwrap()
            .contains("{{care}}")
    );
    let map = of_kind(&plan, "ConfigMap").pop().unwrap();
    assert!(
        map["data"]["contract.json"]
            .as_str()
            .unwrap()
            .contains("{{care}}")
    );
}

#[test]
fn manifests_are_the_text_of_their_values() {
    for (_, plan) in plans() {
        let emitted = emit(&plan).unwrap();
        let object = emitted.iter().find(|o| !o.manifests.is_empty()).unwrap();
        let whole = templates(&plan);
        let with_manifest = whole
            .values()
            .filter(|t| t["resource"].get("manifest").is_some())
            .count();
        assert_eq!(with_manifest, object.manifests.len());
        for (name, value) in &object.manifests {
            let text = whole[name]["resource"]["manifest"].as_str().unwrap();
            assert_eq!(text, yaml::document(value), "{name}");
        }
    }
}

#[test]
fn every_output_has_a_default() {
    for template in plans()
        .iter()
        .flat_map(|(_, plan)| templates(plan).into_values())
    {
        for output in list(&template["outputs"]["parameters"]) {
            assert!(output["valueFrom"]["default"].is_string(), "{output}");
        }
    }
}

/// Each call names a template, and hands over exactly what that template takes and uses.
#[test]
fn calls_and_parameters_fit() {
    for (_, plan) in plans() {
        let all = templates(&plan);
        let mut called = BTreeSet::from(["main".to_owned(), "cleanup".to_owned()]);
        for step in all.values().flat_map(|t| list(&t["steps"])).flat_map(list) {
            let target = step["template"].as_str().unwrap();
            called.insert(target.to_owned());
            let names = |value: &Json| -> BTreeSet<String> {
                let each = list(value).iter();
                each.map(|p| p["name"].as_str().unwrap().to_owned())
                    .collect()
            };
            let given = names(&step["arguments"]["parameters"]);
            assert_eq!(
                given,
                names(&all[target]["inputs"]["parameters"]),
                "{target}"
            );
        }
        assert_eq!(called, all.keys().cloned().collect());
    }
}

/// Objects and keys that pods mount exist in the bundle, or are required by name.
#[test]
fn every_reference_resolves() {
    for (_, plan) in plans() {
        let all = objects(&plan);
        let exists = |kind: &str, name: &Json| {
            all.iter()
                .any(|o| o["kind"] == kind && o["metadata"]["name"] == *name)
        };
        let claims = template(&plan)["spec"]["volumeClaimTemplates"].clone();
        let required = required_secrets(&plan);
        for (_, pod) in pods_of(&plan) {
            assert!(exists("ServiceAccount", &pod["spec"]["serviceAccountName"]));
            for volume in list(&pod["spec"]["volumes"]) {
                if let Some(claim) = volume["persistentVolumeClaim"]["claimName"].as_str() {
                    let name = claim.strip_prefix("{{workflow.name}}-").unwrap();
                    assert!(list(&claims).iter().any(|c| c["metadata"]["name"] == name));
                }
                if volume["name"] == "contract" {
                    assert!(exists("ConfigMap", &volume["configMap"]["name"]));
                }
                for item in list(&volume["secret"]["items"]) {
                    let known = required.iter().any(|secret| {
                        volume["secret"]["secretName"] == *secret.name && item["key"] == *secret.key
                    });
                    assert!(known, "{volume}");
                }
            }
        }
    }
}

#[test]
fn launchers_outlive_their_pods_and_the_workflow_outlives_both() {
    for (_, plan) in plans() {
        let all = templates(&plan);
        let whole = template(&plan)["spec"]["activeDeadlineSeconds"]
            .as_u64()
            .unwrap();
        let mut sum = plan.limits.deadline;
        // A run starts one of its agents.
        let first = plan.starting().next().map(|a| a.contract.name.clone());
        let first = format!("agent-{}", first.unwrap());
        for (name, pod) in pods_of(&plan) {
            let pod = pod["spec"]["activeDeadlineSeconds"].as_u64().unwrap();
            let launcher = all[&name]["activeDeadlineSeconds"].as_u64().unwrap();
            if name == "gateway" || name.starts_with("server-") {
                assert_eq!(pod, whole, "{name}");
            } else {
                assert!(pod < launcher, "{name}");
            }
            let tries = &all[&name]["retryStrategy"]["backoff"]["maxDuration"];
            assert_eq!(*tries, format!("{launcher}s"), "{name}");
            // A step that is no agent's is in the place of an agent and its router.
            if name != "step" && !name.starts_with("agent-") || name == first {
                sum += launcher + BETWEEN;
            }
        }
        sum += deadlines::CLEANUP + BETWEEN;
        assert!(sum <= whole, "{sum} > {whole}");
        assert!(plan.deadlines().all > whole);
    }
}

#[test]
fn absurd_limits_do_not_overflow() {
    let mut limits = rich().limits;
    (limits.deadline, limits.cycle, limits.export) = (u64::MAX, u64::MAX, u64::MAX);
    assert_eq!(
        deadlines::deadlines(&limits, true, (Some(60), None)).all,
        u64::MAX
    );
    let mut plan = rich();
    plan.limits = limits;
    assert!(matches!(
        emit(&plan),
        Err(NotEmitted::Data(NotData::Integer(_)))
    ));
}

#[test]
fn cycles_are_bounded_whatever_the_router_says() {
    let when = |plan: &Plan| {
        let cycle = templates(plan).remove("cycle").unwrap();
        cycle["steps"][3][0]["when"].as_str().unwrap().to_owned()
    };
    let expected = |last: u32| {
        format!(
            "'{{{{steps.router.outputs.parameters.next}}}}' =~ '^[0-9]{{1,2}}$' \
             && {{{{inputs.parameters.cycle}}}} < {last}"
        )
    };
    assert_eq!(when(&minimal()), expected(0));
    assert_eq!(when(&rich()), expected(11));
    assert_eq!(cycles(50, 10), 50);
    assert_eq!(cycles(u32::MAX, u32::MAX), 50);
    assert_eq!(cycles(0, 0), 1);
}

/// A crashed router must not look like `stop`, and a failed agent is an outcome like another.
#[test]
fn only_an_agent_may_fail_and_go_on() {
    let all = templates(&rich());
    let success = |name: &str| {
        all[name]["resource"]["successCondition"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(success("agent"), "status.phase in (Failed, Succeeded)");
    for name in ["router", "pack", "export"] {
        assert_eq!(success(name), "status.phase == Succeeded");
        let failure = all[name]["resource"]["failureCondition"].as_str().unwrap();
        assert!(failure.starts_with("status.phase == Failed, "), "{name}");
    }
    let main = list(&all["main"]["steps"]).iter().flat_map(list);
    let carry_on: Vec<_> = main
        .filter(|step| step.get("continueOn").is_some())
        .map(|step| step["name"].as_str().unwrap())
        .collect();
    assert_eq!(carry_on, ["cycle", "pack"]);
}

/// The agent writes its termination message and its log: neither is an output.
#[test]
fn nothing_that_an_agent_writes_is_an_output() {
    let agent = templates(&rich()).remove("agent").unwrap();
    let outputs = agent["outputs"].to_string();
    assert!(
        !outputs.contains("message") && !outputs.contains("annotations"),
        "{outputs}"
    );
    assert_eq!(list(&agent["outputs"]["parameters"]).len(), 5);
}

/// A gateway that refuses its inputs or its contract does so each time: nobody need wait for it.
#[test]
fn a_gateway_that_crashes_again_is_given_up() {
    let all = templates(&rich());
    for (template, given_up) in [("gateway", true), ("agent", false), ("export", false)] {
        let failure = all[template]["resource"]["failureCondition"].as_str();
        let crashes = failure.unwrap().contains("CrashLoopBackOff");
        assert_eq!(crashes, given_up, "{template}: {failure:?}");
    }
}

#[test]
fn cleanup_spares_launchers_and_other_runs() {
    let cleanup = templates(&rich()).remove("cleanup").unwrap();
    assert_eq!(cleanup["resource"]["action"], "delete");
    let flags: Vec<_> = list(&cleanup["resource"]["flags"])
        .iter()
        .map(|f| f.as_str().unwrap())
        .collect();
    let selector = "pure-agent.dev/run={{workflow.name}},pure-agent.dev/role!=launcher";
    assert_eq!(
        flags,
        [
            "pods",
            "--selector",
            selector,
            "--ignore-not-found",
            "--wait=false"
        ]
    );
}

/// Two agents on one workspace at once: the first of them waited for its image and was given up.
#[test]
fn an_agent_that_was_given_up_is_deleted_before_the_next() {
    let all = templates(&rich());
    let steps = list(&all["cycle"]["steps"]);
    assert_eq!(steps[0][0]["name"], "attempt");
    let drop = &steps[1][0];
    assert_eq!(drop["template"], "drop");
    assert_eq!(steps[2][0]["name"], "router");
    // An output of steps stays what it was; the status of a step that is tried again does not.
    let given_up = "'{{steps.attempt.outputs.parameters.phase}}' == 'Lost'";
    assert_eq!(drop["when"], given_up);
    let outputs = list(&all["attempt"]["outputs"]["parameters"]);
    let phase = outputs.iter().find(|one| one["name"] == "phase").unwrap();
    assert_eq!(phase["valueFrom"]["default"], "Lost");
    // Where that fails the cycle fails, and no further agent starts.
    assert!(drop.get("continueOn").is_none());
    let flags = list(&all["drop"]["resource"]["flags"]);
    let (_, agent) = pods_of(&rich())
        .into_iter()
        .find(|(name, _)| name == "agent")
        .unwrap();
    assert_eq!(flags[1], agent["metadata"]["name"]);
}

#[test]
fn a_schedule_names_the_template_and_hands_in_the_defaults() {
    assert!(of_kind(&minimal(), "CronWorkflow").is_empty());
    let mut plan = rich();
    let cron = of_kind(&plan, "CronWorkflow").remove(0);
    assert_eq!(cron["spec"]["suspend"], false);
    let run = &cron["spec"]["workflowSpec"];
    assert_eq!(
        run["workflowTemplateRef"],
        serde_json::json!({"name": "pure-agent"})
    );
    let keys: Vec<_> = run.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["arguments", "workflowTemplateRef"]);
    let inputs = BTreeMap::from([
        ("issue".to_owned(), "DLD-1".to_owned()),
        ("prompt".to_owned(), "{{workflow.uid}} $(HOME)".to_owned()),
    ]);
    assert_eq!(
        run["arguments"]["parameters"][0]["value"],
        inputs::encode(&inputs)
    );
    plan.enabled = false;
    assert_eq!(
        of_kind(&plan, "CronWorkflow").remove(0)["spec"]["suspend"],
        true
    );
}

#[test]
fn a_pod_that_argo_would_hand_over_as_a_file_is_refused() {
    let mut plan = rich();
    plan.agents[0]
        .contract
        .env
        .insert("A".to_owned(), "x".repeat(100_000));
    assert!(emit(&plan).is_ok());
    plan.agents[0]
        .contract
        .env
        .insert("B".to_owned(), "x".repeat(20_000));
    let refused = emit(&plan);
    assert!(
        matches!(refused, Err(NotEmitted::TooLong { ref template, .. }) if template == "agent")
    );
}

/// A1, A9, E1: what a model writes is compared with names that stand in the template, and becomes part of nothing; each
/// agent has its own image and user, and its pods no other's.
#[test]
fn s0_16_a_choice_leads_to_templates_that_name_their_agent() {
    let plan = routed();
    let all = templates(&plan);
    let groups = list(&all["routed"]["steps"]);
    assert_eq!(groups.len(), 2);
    assert_eq!(list(&groups[0])[0]["template"], "route");
    let branches: Vec<(&str, &str)> = list(&groups[1])
        .iter()
        .map(|step| {
            (
                step["when"].as_str().unwrap(),
                step["template"].as_str().unwrap(),
            )
        })
        .collect();
    let chosen = "'{{steps.route.outputs.parameters.choice}}'";
    assert_eq!(
        branches,
        [
            (format!("{chosen} == 'coder'").as_str(), "cycle-coder"),
            (format!("{chosen} == 'infra'").as_str(), "cycle-infra"),
            (format!("{chosen} == 'worker'").as_str(), "cycle-worker"),
        ]
    );
    // The choice is in no other text of the Workflow.
    let mut told = 0;
    each_text(&template(&plan), &mut |text| {
        told += usize::from(text.contains("parameters.choice"));
    });
    assert_eq!(told, 3);
    for agent in &plan.agents {
        let name = &agent.contract.name;
        let cycle = &all[&format!("cycle-{name}")];
        let called: Vec<&Json> = list(&cycle["steps"]).iter().flat_map(list).collect();
        assert_eq!(called[0]["template"], format!("attempt-{name}"));
        // Once per run: the next cycle is the same agent's, and nobody is asked again.
        assert_eq!(called[3]["template"], format!("cycle-{name}"));
        let attempt = &all[&format!("attempt-{name}")];
        let agents = list(&list(&attempt["steps"])[0]);
        assert_eq!(agents[0]["template"], format!("agent-{name}"));
        let pods = pods_of(&plan);
        let (_, pod) = pods
            .iter()
            .find(|(t, _)| *t == format!("agent-{name}"))
            .unwrap();
        assert_eq!(
            pod["metadata"]["name"],
            format!("{{{{workflow.name}}}}-agent-{name}-{{{{inputs.parameters.cycle}}}}")
        );
        assert_eq!(pod["spec"]["containers"][0]["image"], agent.image);
        assert_eq!(pod["spec"]["securityContext"]["runAsUser"], agent.user);
        let start = &pod["spec"]["initContainers"][0]["env"][0];
        assert_eq!(
            *start,
            serde_json::json!({"name": "PURE_AGENT_AGENT", "value": name})
        );
    }
    let dropped = all["drop"]["resource"]["flags"].as_array().unwrap();
    let pods = dropped
        .iter()
        .filter(|f| f.as_str().unwrap().contains("-agent-"));
    assert_eq!(pods.count(), 3);
}

/// The pod of the choice has what a router has, and the words of the choice are in the contract alone.
#[test]
fn s0_16_the_choice_holds_no_secret_and_its_words_reach_no_object_of_argo() {
    let plan = routed();
    let pods = pods_of(&plan);
    let pod = |template: &str| &pods.iter().find(|(t, _)| t == template).unwrap().1;
    let (route, router) = (pod("route"), pod("router"));
    for field in [
        "volumes",
        "serviceAccountName",
        "hostAliases",
        "securityContext",
        "dnsPolicy",
    ] {
        assert_eq!(route["spec"][field], router["spec"][field], "{field}");
    }
    assert_eq!(route["metadata"]["labels"], router["metadata"]["labels"]);
    let mut argo = String::new();
    each_text(&template(&plan), &mut |text| argo.push_str(text));
    for words in ["the task is about", "an alarm rings", "{{code}}"] {
        assert!(!argo.contains(words), "{words}");
    }
    let map = of_kind(&plan, "ConfigMap").pop().unwrap();
    let contract: Json =
        serde_json::from_str(map["data"]["contract.json"].as_str().unwrap()).unwrap();
    assert_eq!(contract["entry"], "worker");
    assert_eq!(contract["route"]["by"]["model"]["name"], "opus");
    assert_eq!(contract["route"]["choices"][1]["when"][1], "an alarm rings");
    // Nothing of it is where there is no route.
    let map = of_kind(&rich(), "ConfigMap").pop().unwrap();
    assert!(
        !map["data"]["contract.json"]
            .as_str()
            .unwrap()
            .contains("route\"")
    );
}

/// Which node a pod is on is the scheduler's to say, by the share that each agent has of its own.
#[test]
fn s3_16_the_scheduler_places_whichever_agent_was_chosen() {
    let mut plan = routed();
    for (agent, millis) in plan.agents.iter_mut().zip([1_000, 2_500, 500]) {
        agent.resources.cpu_millis = millis;
    }
    let pods = pods_of(&plan);
    for agent in &plan.agents {
        let name = format!("agent-{}", agent.contract.name);
        let (_, pod) = pods.iter().find(|(template, _)| *template == name).unwrap();
        let spec = pod["spec"].as_object().unwrap();
        assert!(
            !spec.contains_key("nodeName") && !spec.contains_key("schedulerName"),
            "{name}"
        );
        let share = &pod["spec"]["containers"][0]["resources"];
        let cpu = match name.as_str() {
            "agent-coder" => "1",
            "agent-infra" => "2500m",
            _ => "500m",
        };
        for amount in ["requests", "limits"] {
            assert_eq!(share[amount]["cpu"], cpu, "{name}");
        }
    }
}

/// Runs hold slots of a ConfigMap of the target by their place in it; a run without a queue waits for nothing.
#[test]
fn s1_19_a_run_takes_a_slot_of_its_queue() {
    let wait = &template(&rich())["spec"]["synchronization"];
    let key = serde_json::json!({"key": "chat", "name": "pure-agent-queues"});
    assert_eq!(
        *wait,
        serde_json::json!({"semaphores": [{"configMapKeyRef": key}]})
    );
    let map = of_kind(&rich(), "ConfigMap").remove(0);
    assert_eq!(map["metadata"]["name"], "pure-agent-queues");
    assert_eq!(map["data"], serde_json::json!({"chat": "4", "night": "1"}));
    assert!(map.get("immutable").is_none(), "slots may be changed");
    for (name, plan) in plans() {
        if plan.queue.is_none() {
            let spec = &template(&plan)["spec"];
            assert!(spec.get("synchronization").is_none(), "{name}");
        }
    }
}
