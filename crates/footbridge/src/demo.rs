//! `serve --demo`: one simulated device beside the bridge, for whoever has none at hand.
//!
//! It registers over loopback UDP as any device would. Whatever becomes of it, the bridge goes on.

use std::net::SocketAddr;
use std::time::Duration;

use lwm2m_engine::ClientEvent;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::clock::Clock;
use crate::device::{News, Reporter, SimulatedDevice, Wanted};

/// The name of the device.
pub(crate) const ENDPOINT: &str = "demo-device";

/// Seconds until its registration ends without an Update.
const LIFETIME: u32 = 300;

/// The time between two moves of its values.
const INTERVAL: Duration = Duration::from_secs(2);

/// How long its De-register may take when the bridge stops.
const STOP_TIMEOUT: Duration = Duration::from_millis(400);

/// News of the device that wait for the log.
const MOST_NEWS: usize = 16;

/// The running device.
pub(crate) struct Demo {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Demo {
    /// Starts it. It registers at `server` as soon as the bridge answers.
    pub(crate) fn start(server: SocketAddr, clock: Clock) -> anyhow::Result<Self> {
        let wanted = Wanted { endpoint: ENDPOINT.parse()?, server, lifetime: LIFETIME, interval: INTERVAL };
        let device = SimulatedDevice::new(&wanted, clock)?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async {
            let (sender, news) = mpsc::channel(MOST_NEWS);
            let reporter = Reporter { number: 0, sender };
            let run = async move { device.run(async { _ = stopped.await }, &reporter).await };
            let (ended, ()) = tokio::join!(run, log(news));
            if let Err(error) = ended {
                tracing::warn!("{ENDPOINT} is gone, the bridge goes on without it: {error}");
            }
        });
        Ok(Self { stop, task })
    }

    /// De-registers and ends.
    pub(crate) async fn stop(self) {
        let Self { stop, mut task } = self;
        let _ended_already = stop.send(());
        if timeout(STOP_TIMEOUT, &mut task).await.is_err() {
            task.abort();
            tracing::info!("{ENDPOINT} did not de-register in time");
        }
    }
}

async fn log(mut news: mpsc::Receiver<(usize, News)>) {
    while let Some((_, news)) = news.recv().await {
        match news {
            News::Event(ClientEvent::RegistrationFailed { why, retry_in }) => {
                tracing::warn!("{ENDPOINT} could not register, next try in {} s: {why}", retry_in.as_secs());
            }
            News::Event(event) => tracing::debug!(?event, "{ENDPOINT}"),
            News::Notified(_) | News::Ended(_) => {}
            News::NobodyListens => tracing::warn!("{ENDPOINT} does not reach the bridge"),
        }
    }
}
