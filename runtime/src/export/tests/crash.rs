//! The step dies before and after every request and every entry of the ledger, and starts again.

use super::{Fault, World, submission};
use tokio::task::JoinSet;

/// More places than there are.
const MOST: usize = 400;
/// Worlds at once.
const AT_ONCE: usize = 20;

async fn fine(world: &World, at: usize) {
    let document = world.run(None).await.unwrap();
    assert!(document.is_fine(), "{at}: {document:?}");
    let services = &world.services;
    let (comments, files) = services
        .linear
        .read(|linear| (linear.comments.clone(), linear.files.clone()));
    assert_eq!(comments.len(), 3, "{at}");
    let linked = |name: &&String| {
        let link = format!("]({name})");
        comments
            .values()
            .any(|comment| comment.body.contains(&link))
    };
    assert_eq!(files.keys().filter(linked).count(), 1, "{at}");
    let (branches, pulls) = services.github.read(|g| (g.refs.len(), g.pulls.len()));
    assert_eq!((branches, pulls), (2, 1), "{at}");
    assert_eq!(services.s3.read(|s3| s3.objects.len()), 1, "{at}");
    assert_eq!(services.hook.read(|hook| hook.keys.len()), 1, "{at}");
}

/// Whether the step got so far; everything is there in any case.
async fn dies(at: usize) -> bool {
    let world = World::new(Some(submission()), |_| ()).await;
    let died = world.run(Some(Fault::new(at))).await.is_none();
    fine(&world, at).await;
    died
}

#[tokio::test]
async fn wherever_the_step_dies_everything_is_there_once() {
    let mut places = 0;
    for first in (0..MOST).step_by(AT_ONCE) {
        let mut worlds = JoinSet::new();
        for at in first..first + AT_ONCE {
            worlds.spawn(dies(at));
        }
        let died: Vec<bool> = worlds.join_all().await;
        let count = died.iter().filter(|died| **died).count();
        places += count;
        if count < AT_ONCE {
            break;
        }
    }
    // Each of some forty requests and entries has a place before and one after it.
    assert!((60..MOST).contains(&places), "{places}");
}

/// The second death is at another place than the first.
#[tokio::test]
async fn a_step_may_die_twice() {
    for (first, second) in [(9, 3), (20, 11), (33, 20), (41, 2), (57, 15)] {
        let world = World::new(Some(submission()), |_| ()).await;
        assert!(world.run(Some(Fault::new(first))).await.is_none());
        assert!(world.run(Some(Fault::new(second))).await.is_none());
        fine(&world, first).await;
    }
}
