//! flock for JavaScript.

use napi::Env;
use napi::bindgen_prelude::{Either, Null, Object};
use napi_derive::napi;
use padma_porep::lock;

use crate::task;

/// A held lock. The kernel frees it when the process ends; otherwise call `release()`, and keep a reference until
/// then, since a collected object is a released lock.
#[napi]
pub struct FileLock {
    held: Option<lock::FileLock>,
}

#[napi]
impl FileLock {
    /// Lets go; a second call does nothing.
    #[napi]
    pub fn release(&mut self) {
        self.held = None;
    }
}

#[napi(object)]
pub struct LockOptions {
    /// Wait for another holder (on a thread of its own); otherwise `null` comes back at once.
    pub wait: bool,
}

/// Locks a file against other processes (flock), creating it. Rejects: PROOF_IO.
#[napi(ts_return_type = "Promise<FileLock | null>")]
pub fn lock_file<'env>(env: &'env Env, path: String, options: LockOptions) -> napi::Result<Object<'env>> {
    task::spawn(env, "lock", Ok(path), move |path| {
        let held = if options.wait {
            Some(lock::FileLock::wait(path.as_ref())?)
        } else {
            lock::FileLock::try_now(path.as_ref())?
        };
        Ok(match held {
            Some(held) => Either::A(FileLock { held: Some(held) }),
            None => Either::B(Null),
        })
    })
}
