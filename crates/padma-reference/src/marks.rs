//! When bellperson says where it is: its log messages are the only sight into a proof.

use log::{LevelFilter, Log, Metadata, Record};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// How a message begins, and the part of the proof that it ends. The first one ends nothing: it starts the clock.
const MESSAGES: [(&str, &str); 3] =
    [("Bellperson", "before"), ("synthesis time", "synthesis"), ("prover time", "prover")];

struct Listener {
    heard: Mutex<Vec<(&'static str, Instant)>>,
}

static LISTENER: Listener = Listener { heard: Mutex::new(Vec::new()) };

/// Once a process, before the first proof.
pub fn listen() {
    if log::set_logger(&LISTENER).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}

/// The parts of a proof that was begun at `start`, in milliseconds; `after` is what follows the prover.
pub fn parts_since(start: Instant) -> BTreeMap<&'static str, f64> {
    let heard = std::mem::take(&mut *LISTENER.heard.lock().unwrap_or_else(PoisonError::into_inner));
    let mut parts = BTreeMap::new();
    let mut last = start;
    for (part, at) in heard.into_iter().filter(|(_, at)| *at >= start) {
        *parts.entry(part).or_insert(0.0) += milliseconds(last, at);
        last = at;
    }
    parts.insert("after", milliseconds(last, Instant::now()));
    parts
}

fn milliseconds(from: Instant, to: Instant) -> f64 {
    to.duration_since(from).as_secs_f64() * 1e3
}

impl Log for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("bellperson")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = record.args().to_string();
        if let Some((_, part)) = MESSAGES.into_iter().find(|(begin, _)| text.starts_with(begin)) {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.push((part, Instant::now()));
        }
    }

    fn flush(&self) {}
}
