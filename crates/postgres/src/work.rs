//! Async closures whose future may move between threads.
//!
//! gRPC handlers and the task tracker need `Send` futures, and `AsyncFn` cannot ask for one: its future has no
//! name to put the bound on, and the compiler, judging a handler as a whole, gives up on borrowed captures ("Send
//! is not general enough"). A plain `Fn` that returns a future has such a name, and every async closure that
//! borrows what it uses (`async |tx: &mut Tx| …`, without `move`) is one. Functions here take both bounds: `AsyncFn`
//! so that the closure's error type is inferred, [`Work`] so that its future is `Send`.

/// An async closure that may be called again, with a future that may move between threads.
pub trait Work<A, T, E>: Fn(A) -> Self::Running + Send + Sync {
    /// One run.
    type Running: Future<Output = Result<T, E>> + Send;

    /// Starts one run.
    fn start(&self, argument: A) -> Self::Running {
        self(argument)
    }
}

impl<A, T, E, F, R> Work<A, T, E> for F
where
    F: Fn(A) -> R + Send + Sync,
    R: Future<Output = Result<T, E>> + Send,
{
    type Running = R;
}

/// An async closure that is called once, with a future that may move between threads.
pub trait WorkOnce<A, T, E>: FnOnce(A) -> Self::Running + Send {
    /// The run.
    type Running: Future<Output = Result<T, E>> + Send;

    /// Starts the run.
    fn start(self, argument: A) -> Self::Running
    where
        Self: Sized,
    {
        self(argument)
    }
}

impl<A, T, E, F, R> WorkOnce<A, T, E> for F
where
    F: FnOnce(A) -> R + Send,
    R: Future<Output = Result<T, E>> + Send,
{
    type Running = R;
}

/// A future behind a pointer that hides what it holds, so that callers' futures are judged without it.
pub type Boxed<'a, T, E> = std::pin::Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;
