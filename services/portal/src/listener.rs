//! HTTP/1.1 connections from the gateway.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use service_runtime::Lifecycle;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a connection may be silent before the headers of a request are there.
const HEADERS_WITHIN: Duration = Duration::from_secs(15);
const MOST_HEADERS: usize = 64;
/// Largest head of a request.
const BUFFER: usize = 32 << 10;
/// After a failed accept, which mostly means that the process is out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts until the life drains, at most `connections` at a time.
pub(crate) async fn serve(
    listener: TcpListener,
    pages: Router,
    connections: usize,
    life: Lifecycle,
) -> Result<(), Infallible> {
    let slots = Arc::new(Semaphore::new(connections));
    let accept = async {
        loop {
            let slot = Arc::clone(&slots)
                .acquire_owned()
                .await
                .expect("invariant: nobody closes the semaphore");
            match listener.accept().await {
                Ok((stream, _)) => {
                    let answering = connection(stream, pages.clone(), life.clone(), slot);
                    life.spawn_brief("connection", answering);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = life.soft().cancelled() => Ok(()),
        never = accept => never,
    }
}

/// Answers one connection; when draining begins, the request under way is its last.
async fn connection(stream: TcpStream, pages: Router, life: Lifecycle, slot: OwnedSemaphorePermit) {
    let mut answering = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            .max_headers(MOST_HEADERS)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages))
    );
    // A connection that breaks is the visitor's affair; the access log has what was asked.
    tokio::select! {
        _broken = answering.as_mut() => {}
        () = life.soft().cancelled() => {
            answering.as_mut().graceful_shutdown();
            let _broken = answering.await;
        }
    }
    drop(slot);
}
