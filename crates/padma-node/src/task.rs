//! Work on its own thread, settled as a promise.

use napi::bindgen_prelude::{JsObjectValue, JsValue, Object, ToNapiValue};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use padma_porep::error::guard;
use padma_porep::progress::Progress;
use padma_porep::{ProofError, Result};
use std::sync::atomic::AtomicU64;
use std::thread;

/// The reference's own threads run with the default 2 MiB; the top of the call chain gets room to spare.
const STACK_BYTES: usize = 16 << 20;

/// `(bytes) => void`, weak: a callback that is never called again does not keep the process alive.
pub type OnProgress = ThreadsafeFunction<f64, (), f64, Status, false, true>;

type Settle<T> = Box<dyn FnOnce(Env) -> napi::Result<T> + Send>;

/// Runs `work` on a new thread named `name` and returns the promise of its result. `input` was converted on the
/// JavaScript thread: memory that JavaScript may change or detach is never read on another.
///
/// An error, and a panic on this or on rayon's threads, rejects with its code. (napi's own rejection would put
/// "GenericFailure" there, so the error object is made here, on the JavaScript thread.)
pub fn spawn<'env, I: Send + 'static, T: ToNapiValue + Send + 'static>(
    env: &'env Env,
    name: &str,
    input: Result<I>,
    work: impl FnOnce(I) -> Result<T> + Send + 'static,
) -> napi::Result<Object<'env>> {
    let (deferred, promise) = env.create_deferred::<T, Settle<T>>()?;
    let run = move || {
        let outcome = guard(|| input.and_then(work));
        deferred.resolve(Box::new(move |env| outcome.map_err(|error| js_error(&env, &error))));
    };
    let builder = thread::Builder::new().name(format!("padma-{name}")).stack_size(STACK_BYTES);
    builder
        .spawn(run)
        .map_err(|error| napi::Error::from_reason(format!("cannot start a thread: {error}")))?;
    Ok(promise)
}

/// For functions that answer at once: throws with the code.
pub fn now<T>(env: &Env, work: impl FnOnce() -> Result<T>) -> napi::Result<T> {
    guard(work).map_err(|error| js_error(env, &error))
}

/// A JavaScript `Error` with `code` and `facts`, as the napi error that throws or rejects with that very object.
fn js_error(env: &Env, error: &ProofError) -> napi::Error {
    build_js_error(env, error).unwrap_or_else(|failure| failure)
}

fn build_js_error(env: &Env, error: &ProofError) -> napi::Result<napi::Error> {
    let mut facts = Object::new(env)?;
    for (name, value) in error.facts() {
        facts.set_named_property(name, value)?;
    }
    let mut object = env.create_error(napi::Error::from_reason(error.to_string()))?;
    object.set_named_property("code", error.code())?;
    object.set_named_property("facts", facts)?;
    Ok(napi::Error::from(object.to_unknown()))
}

/// A progress counter that calls back to JavaScript.
pub fn progress(done: &AtomicU64, callback: Option<OnProgress>) -> Progress<'_> {
    match callback {
        None => Progress::new(done),
        Some(callback) => Progress::reporting(
            done,
            Box::new(move |bytes| {
                // A closing environment no longer listens; the work is being abandoned anyway.
                callback.call(bytes as f64, ThreadsafeFunctionCallMode::NonBlocking);
            }),
        ),
    }
}
