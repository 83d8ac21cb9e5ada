//! The steps of a graph as numbers: which of them a run comes by, which edges lead back, and how long a run can be.
//!
//! An edge leads back when it goes to its own step or to one that is listed before it, and its own step can be reached
//! from there. A circle has at least one such edge: along it the places in the list cannot only rise. Where each has a
//! bound, the other edges make no circle, so that a run is at most so many stretches without one.

/// Steps times states of bounds up to which the longest walk is found exactly.
const STATES: usize = 1 << 20;

/// An edge between steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The step that it leaves.
    pub from: usize,
    /// The step that it leads to; none: out of the graph.
    pub to: Option<usize>,
    /// How often it is taken, and where the run goes after that.
    pub most: Option<(u64, Option<usize>)>,
}

impl Edge {
    /// Where it may lead.
    fn goals(&self) -> impl Iterator<Item = usize> {
        let then = self.most.and_then(|(_, then)| then);
        self.to.into_iter().chain(then)
    }
}

/// Steps and edges. A run begins with step 0.
#[derive(Debug, Clone)]
pub struct Walk {
    steps: usize,
    edges: Vec<Edge>,
    /// By step, the steps that can be reached from it by at least one edge.
    reaches: Vec<Vec<bool>>,
}

impl Walk {
    /// Edges between steps `0..steps`.
    #[must_use]
    pub fn new(steps: usize, edges: Vec<Edge>) -> Self {
        let mut walk = Self {
            steps,
            edges,
            reaches: Vec::new(),
        };
        let all = vec![false; walk.edges.len()];
        walk.reaches = (0..steps)
            .map(|from| {
                let starts = walk.next(from, &all);
                walk.spread(starts, &all)
            })
            .collect();
        walk
    }

    /// The steps that a run can come by; by none of the edges that are `without`.
    #[must_use]
    pub fn reached(&self, without: &[bool]) -> Vec<bool> {
        let start = (self.steps > 0).then_some(0);
        self.spread(start.into_iter().collect(), without)
    }

    /// Whether a run can come from a step to the same again, by none of the edges that are `without`.
    #[must_use]
    pub fn comes_again(&self, step: usize, without: &[bool]) -> bool {
        let after = self.spread(self.next(step, without), without);
        after.get(step).copied().unwrap_or(false)
    }

    /// Whether a step can be reached from another by at least one edge.
    #[must_use]
    pub fn reaches(&self, from: usize, to: usize) -> bool {
        let row = self.reaches.get(from);
        row.and_then(|row| row.get(to)).copied().unwrap_or(false)
    }

    /// Whether going from one step to another leads back.
    #[must_use]
    pub fn leads_back(&self, from: usize, to: usize) -> bool {
        to == from || to < from && self.reaches(to, from)
    }

    /// The most visits of one step, if every edge that leads back has a bound: before each but the first, an edge that
    /// leads back is taken on a way from the step to itself.
    #[must_use]
    pub fn visits(&self, step: usize) -> u64 {
        let between = |edge: &&Edge| {
            let leaves = edge.from == step || self.reaches(step, edge.from);
            let comes = edge.to == Some(step) || edge.to.is_some_and(|to| self.reaches(to, step));
            leaves && comes
        };
        let bounds = self.edges.iter().filter(between).filter_map(|e| e.most);
        bounds.fold(1, |sum, (times, _)| sum.saturating_add(times))
    }

    /// The most visits of all steps together, exactly where that is cheap. `None` where an edge that leads back has no
    /// bound, so that there is no such number.
    #[must_use]
    pub fn longest(&self) -> Option<u64> {
        let order = self.order()?;
        Some(self.exact(&order).unwrap_or_else(|| self.bound(&order)))
    }

    /// One stretch without an edge that leads back, and one more for each time that such an edge is taken.
    fn bound(&self, order: &[usize]) -> u64 {
        let mut longest = vec![0_u64; self.steps];
        for &step in order {
            let goals = self.of(step).flat_map(|edge| match edge.most {
                Some((_, then)) => then,
                None => edge.to,
            });
            let after = goals.filter_map(|goal| longest.get(goal)).max();
            let here = after.map_or(1, |after| after.saturating_add(1));
            if let Some(place) = longest.get_mut(step) {
                *place = here;
            }
        }
        let stretch = longest.iter().max().copied().unwrap_or(0);
        let back = self.edges.iter().filter_map(|edge| edge.most);
        let back = back.fold(1_u64, |sum, (times, _)| sum.saturating_add(times));
        back.saturating_mul(stretch)
    }

    /// The longest walk from each step with each rest of bounds, from the least rest to the whole.
    fn exact(&self, order: &[usize]) -> Option<u64> {
        let mut weights = Vec::new();
        let mut states = 1_usize;
        for edge in &self.edges {
            weights.push(states);
            let digits = edge.most.map_or(0, |(times, _)| times).saturating_add(1);
            states = states.checked_mul(usize::try_from(digits).ok()?)?;
            if states.checked_mul(self.steps.max(1))? > STATES {
                return None;
            }
        }
        let mut longest = vec![0_u32; states.checked_mul(self.steps)?];
        for state in 0..states {
            for &step in order {
                let goals = self.after(step, state, &weights);
                let after = goals.filter_map(|(goal, rest)| longest.get(rest * self.steps + goal));
                let here = after.max().map_or(1, |after| after.saturating_add(1));
                if let Some(place) = longest.get_mut(state * self.steps + step) {
                    *place = here;
                }
            }
        }
        let whole = (states - 1) * self.steps;
        Some(longest.get(whole).map_or(0, |longest| u64::from(*longest)))
    }

    /// Where a run can go from a step with a rest of bounds, and the rest that it then has.
    fn after<'w>(
        &'w self,
        step: usize,
        state: usize,
        weights: &'w [usize],
    ) -> impl Iterator<Item = (usize, usize)> + 'w {
        let edges = self.edges.iter().zip(weights);
        let edges = edges.filter(move |(edge, _)| edge.from == step);
        edges.filter_map(move |(edge, weight)| {
            let Some((times, then)) = edge.most else {
                return edge.to.map(|to| (to, state));
            };
            let digits = usize::try_from(times).ok()?.saturating_add(1);
            match state / weight % digits {
                0 => then.map(|then| (then, state)),
                _ => edge.to.map(|to| (to, state - weight)),
            }
        })
    }

    /// The steps, each after all that follow it without an edge that leads back; `None` where such an edge has no bound.
    fn order(&self) -> Option<Vec<usize>> {
        let mut left: Vec<usize> = (0..self.steps).collect();
        let mut order: Vec<usize> = Vec::new();
        while !left.is_empty() {
            let ready = |step: &usize| {
                let mut goals = self.of(*step).filter_map(|edge| match edge.most {
                    Some((_, then)) => then,
                    None => edge.to,
                });
                goals.all(|goal| order.contains(&goal))
            };
            let at = left.iter().position(ready)?;
            order.push(left.remove(at));
        }
        Some(order)
    }

    fn of(&self, step: usize) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |edge| edge.from == step)
    }

    fn next(&self, step: usize, without: &[bool]) -> Vec<usize> {
        let edges = self.edges.iter().enumerate();
        let edges = edges.filter(|(number, edge)| {
            edge.from == step && !without.get(*number).copied().unwrap_or(false)
        });
        edges.flat_map(|(_, edge)| edge.goals()).collect()
    }

    fn spread(&self, mut open: Vec<usize>, without: &[bool]) -> Vec<bool> {
        let mut seen = vec![false; self.steps];
        while let Some(step) = open.pop() {
            if let Some(place) = seen.get_mut(step)
                && !std::mem::replace(place, true)
            {
                open.extend(self.next(step, without));
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests;
